// Makes the account of mongodb_exporter, and lets the server keep slow operations. The image runs this file once.
const password = require("fs").readFileSync("/run/secrets/mongodb_exporter_password", "utf8").trim();
db.getSiblingDB("admin").createUser({
  user: "mme_exporter",
  pwd: password,
  roles: [
    { role: "clusterMonitor", db: "admin" },
    { role: "read", db: "local" },
  ],
});
db.setProfilingLevel(1, { slowms: 100 });
