"""Serves what exporters expose that cannot be run for a preview: Traefik, cAdvisor, kube-state-metrics, MongoDB, Vault, Grafana.

    standins.py 9199

The names and labels are those of `mme-metrics/assets/exporters`, the values are made up. One path for each job, such as
`/traefik`. Only for pictures: no test reads it.
"""

import http.server
import math
import random
import sys
import time

STARTED = time.time()
VARIED = random.Random(1)


def counter(rate, phase=0.0):
    """A total that grows by about `rate` a second, up and down over five minutes."""
    away = time.time() - STARTED
    return rate * (away + 30 * math.sin(away / 48 + phase)) + 60 * rate


def gauge(mean, phase=0.0):
    return mean * (1 + 0.3 * math.sin((time.time() - STARTED) / 60 + phase))


def traefik():
    yield "traefik_config_last_reload_success", {}, STARTED - 7200
    for at, (service, rate) in enumerate([("checkout", 40), ("menu", 25), ("login", 8)]):
        for code, share in [("200", 0.97), ("404", 0.02), ("502", 0.01)]:
            labels = {"code": code, "method": "GET", "protocol": "http"}
            total = counter(rate * share, at)
            yield "traefik_router_requests_total", {**labels, "router": f"{service}@docker", "service": f"{service}@docker"}, total
            yield "traefik_service_requests_total", {**labels, "service": f"{service}@docker"}, total
            if at == 0:
                yield "traefik_entrypoint_requests_total", {**labels, "entrypoint": "websecure"}, 1.8 * total
            for bound, part in [("0.05", 0.5), ("0.1", 0.85), ("0.25", 0.97), ("0.5", 0.99), ("1", 1), ("+Inf", 1)]:
                yield "traefik_service_request_duration_seconds_bucket", {**labels, "service": f"{service}@docker", "le": bound}, part * total
        yield "traefik_service_retries_total", {"service": f"{service}@docker"}, counter(0.05, at)
        for server in (1, 2):
            yield "traefik_service_server_up", {"service": f"{service}@docker", "url": f"http://10.0.{at}.{server}:8080"}, 1
    yield "traefik_open_connections", {"entrypoint": "websecure", "protocol": "TCP"}, round(gauge(60))


def cadvisor():
    for at, name in enumerate(["checkout", "menu", "login"]):
        one = {"id": f"/docker/{name}", "image": f"{name}:1.4", "name": name}
        yield "container_cpu_usage_seconds_total", {**one, "cpu": "total"}, counter(0.2 + 0.1 * at, at)
        yield "container_cpu_cfs_periods_total", one, counter(10)
        yield "container_cpu_cfs_throttled_periods_total", one, counter(0.3 * at)
        yield "container_memory_working_set_bytes", one, gauge((120 + 60 * at) * 2**20, at)
        yield "container_spec_memory_limit_bytes", one, 512 * 2**20
        yield "container_spec_cpu_quota", one, 100000
        yield "container_spec_cpu_period", one, 100000
        yield "container_start_time_seconds", one, STARTED - 86400 * (at + 1)
        yield "container_last_seen", one, time.time()
        for way in ("receive", "transmit"):
            yield f"container_network_{way}_bytes_total", {**one, "interface": "eth0"}, counter(40000 * (at + 1), at)
            yield f"container_network_{way}_errors_total", {**one, "interface": "eth0"}, 0


def kube():
    for node in ("north-1", "north-2", "north-3"):
        for status in ("true", "false", "unknown"):
            yield "kube_node_status_condition", {"condition": "Ready", "node": node, "status": status}, int(status == "true")
    for at, name in enumerate(["checkout", "menu", "login"]):
        deployed = {"deployment": name, "namespace": "shop"}
        yield "kube_deployment_spec_replicas", deployed, 3
        yield "kube_deployment_status_replicas_available", deployed, 3 - (at == 2)
        for replica in "abc":
            pod = {"namespace": "shop", "pod": f"{name}-{replica}", "uid": f"{name}-{replica}"}
            broken = at == 2 and replica == "c"
            yield "kube_pod_container_status_restarts_total", {**pod, "container": name}, counter(0.01) if broken else 0
            for phase in ("Pending", "Running", "Failed"):
                yield "kube_pod_status_phase", {**pod, "phase": phase}, int(phase == "Running")
            if broken:
                yield "kube_pod_container_status_waiting_reason", {**pod, "container": name, "reason": "CrashLoopBackOff"}, 1


def mongodb():
    yield "mongodb_up", {}, 1
    for kind, value in [("current", gauge(40)), ("available", 160 - gauge(40))]:
        yield "mongodb_ss_connections", {"conn_type": kind}, round(value)
    for at, kind in enumerate(["query", "insert", "update", "delete", "command"]):
        yield "mongodb_ss_opcounters", {"legacy_op_type": kind}, counter(40 / (at + 1), at)
    waiting = round(gauge(2))
    for kind, value in [("readers", waiting), ("writers", 1), ("total", waiting + 1)]:
        yield "mongodb_ss_globalLock_currentQueue", {"count_type": kind}, value
    yield "mongodb_profile_slow_query_count", {"database": "shop"}, VARIED.choice([0, 0, 0, 1, 2])


def vault():
    yield "vault_core_unsealed", {"cluster": "vault-1"}, 1
    yield "vault_core_active", {"cluster": "vault-1"}, 1
    yield "vault_expire_num_leases", {"cluster": "vault-1"}, round(gauge(300))
    yield "vault_core_handle_request_count", {}, counter(20)
    yield "vault_core_handle_request_sum", {}, 4 * counter(20, 0.3)
    for code, rate in [("200", 19), ("403", 0.5), ("404", 0.5)]:
        yield "vault_core_response_status_code", {"code": code, "type": f"{code[0]}xx"}, counter(rate)
    for kind in ("request", "response"):
        yield f"vault_audit_log_{kind}_failure", {}, 0


def grafana():
    for code, rate in [("200", 4), ("404", 0.1), ("500", 0.02)]:
        yield "grafana_http_request_duration_seconds_count", {"handler": "/api/ds/query", "method": "POST", "status_code": code}, counter(rate)
    yield "grafana_api_dashboard_get_milliseconds_count", {}, counter(0.2)
    yield "grafana_stat_active_users", {}, 14
    yield "grafana_stat_totals_dashboard", {}, 21


JOBS = {"traefik": traefik, "cadvisor": cadvisor, "kube-state-metrics": kube, "mongodb": mongodb, "vault": vault, "grafana": grafana}


class Exposition(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        job = JOBS.get(self.path.split("?")[0].strip("/"))
        self.send_response(200 if job else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        lines = []
        for name, labels, value in job() if job else ():
            pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
            lines.append(f"{name}{{{pairs}}} {value}\n")
        self.wfile.write("".join(sorted(lines)).encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Exposition).serve_forever()
