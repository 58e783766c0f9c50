use super::*;

#[track_caller]
fn reads(sql: &str, operation: &str, table: Option<&str>) {
    for system in [DatabaseSystem::Postgresql, DatabaseSystem::Mysql, DatabaseSystem::Sqlite, DatabaseSystem::OtherSql]
    {
        let shape = Shape::of(sql, system);
        assert_eq!((shape.operation, shape.tables[0]), (operation, table), "{system:?}: {sql}");
    }
}

#[test]
fn the_statements_of_everyday() {
    reads("SELECT a, b FROM users WHERE id = $1", "SELECT", Some("users"));
    reads("select * from Users", "SELECT", Some("Users"));
    reads("INSERT INTO users (a) VALUES (1)", "INSERT", Some("users"));
    reads("INSERT OR IGNORE INTO users VALUES (1)", "INSERT", Some("users"));
    reads("REPLACE INTO users VALUES (1)", "REPLACE", Some("users"));
    reads("UPDATE ONLY users SET a = 1", "UPDATE", Some("users"));
    reads("DELETE FROM users", "DELETE", Some("users"));
    reads("MERGE INTO users USING new ON (true) WHEN MATCHED THEN DELETE", "MERGE", Some("users"));
    reads("TRUNCATE TABLE users", "TRUNCATE", Some("users"));
    reads("CREATE TEMP TABLE IF NOT EXISTS users (a int)", "CREATE", Some("users"));
    reads("ALTER TABLE users ADD b int", "ALTER", Some("users"));
    reads("DROP TABLE IF EXISTS users", "DROP", Some("users"));
    reads("CREATE UNIQUE INDEX i ON users (a)", "CREATE", None);
    reads("SELECT 1", "SELECT", None);
    reads("BEGIN", "BEGIN", None);
    reads("PRAGMA user_version", "PRAGMA", None);
}

#[test]
fn names_in_quotes_and_schemas() {
    reads(r#"SELECT 1 FROM "users""#, "SELECT", Some("users"));
    reads("SELECT 1 FROM `users`", "SELECT", Some("users"));
    reads("SELECT 1 FROM public.users u", "SELECT", Some("users"));
    reads(r#"SELECT 1 FROM "my db" . "public" . users"#, "SELECT", Some("users"));
    reads("UPDATE a.b.users SET c = 1", "UPDATE", Some("users"));
    assert_eq!(Shape::of("SELECT 1 FROM [users]", DatabaseSystem::Sqlite).tables[0], Some("users"));
}

#[test]
fn comments_and_literals_are_passed_over() {
    reads("/* from a */ SELECT -- from b\n 'from c' FROM users", "SELECT", Some("users"));
    reads("SELECT extract(year FROM at), (SELECT max(a) FROM b) FROM users", "SELECT", Some("users"));
    reads("SELECT a IS NOT DISTINCT FROM b FROM users", "SELECT", Some("users"));
    reads("SELECT DISTINCT a FROM users", "SELECT", Some("users"));
    reads("SELECT ' '' FROM a' FROM users", "SELECT", Some("users"));
    reads("SELECT :from, @from FROM users", "SELECT", Some("users"));
    reads("  \u{b}\t( SELECT 1 FROM users ) UNION SELECT 2", "SELECT", Some("users"));
}

#[test]
fn subselects_and_lists_have_a_first_table() {
    reads("SELECT 1 FROM (SELECT 2 FROM (SELECT 3 FROM users) a) b", "SELECT", Some("users"));
    reads("SELECT 1 FROM ((users JOIN others ON true))", "SELECT", Some("users"));
    reads("SELECT 1 FROM users, others", "SELECT", Some("users"));
    reads("SELECT 1 FROM (VALUES (1)) v", "SELECT", None);
    reads("SELECT (SELECT 1 FROM users", "SELECT", None);
    reads("SELECT 1 ) FROM users", "SELECT", None);
    reads("SELECT 1 ; SELECT 1 FROM users", "SELECT", None);
}

#[test]
fn with_is_what_it_leads_to() {
    let shape = |sql| Shape::of(sql, DatabaseSystem::Postgresql);
    let read = shape("WITH recent AS (SELECT * FROM a.orders) SELECT * FROM recent");
    assert_eq!((read.operation, read.tables), ("SELECT", [Some("recent"), Some("orders")]));
    let moved = shape(
        "WITH gone AS MATERIALIZED (DELETE FROM a RETURNING *), n(x) AS (SELECT 1) INSERT INTO b SELECT * FROM gone",
    );
    assert_eq!((moved.operation, moved.tables), ("INSERT", [Some("b"), Some("a")]));
    assert_eq!(shape("WITH RECURSIVE t(n) AS (VALUES (1)) SELECT n FROM t").operation, "SELECT");
    assert_eq!(shape("WITH a AS (").operation, OTHER);
}

#[test]
fn names_of_with_may_be_words_of_statements() {
    for name in ["values", "table", "REPLACE", "insert", "update", "delete", "merge", "select", "\"select\""] {
        for sql in [
            format!("WITH {name} AS (SELECT 1 FROM orders) SELECT * FROM users"),
            format!("WITH RECURSIVE {name}(n) AS NOT MATERIALIZED (SELECT 1 FROM orders) SELECT * FROM users"),
            format!("WITH a AS (SELECT 1 FROM orders), {name} AS (VALUES (1, 2)) SELECT * FROM users"),
        ] {
            let shape = Shape::of(&sql, DatabaseSystem::Postgresql);
            assert_eq!((shape.operation, shape.tables), ("SELECT", [Some("users"), Some("orders")]), "{sql}");
        }
    }
}

#[test]
fn a_write_inside_with_is_a_write() {
    for (write, operation) in [
        ("DELETE FROM ONLY a.orders RETURNING *", "DELETE"),
        ("INSERT INTO orders SELECT * FROM b ON CONFLICT DO UPDATE SET c = 1 RETURNING *", "INSERT"),
        ("UPDATE orders SET a = b.c FROM b RETURNING *", "UPDATE"),
        ("MERGE INTO orders USING b ON true WHEN MATCHED THEN DELETE RETURNING *", "MERGE"),
    ] {
        for end in ["SELECT * FROM gone", "TABLE gone", "VALUES (1)"] {
            let sql = format!("WITH recent AS (SELECT 1 FROM users), gone AS ({write}) {end}");
            let shape = Shape::of(&sql, DatabaseSystem::Postgresql);
            assert_eq!((shape.operation, shape.tables[0]), (operation, Some("orders")), "{sql}");
        }
        let sql = format!("WITH gone AS ({write}) UPDATE users SET a = 1");
        assert_eq!(Shape::of(&sql, DatabaseSystem::Postgresql).operation, "UPDATE", "{sql}");
    }
    // These lock or compare, and write nothing.
    reads(
        "WITH a AS (SELECT 1 FROM b FOR UPDATE), c AS (SELECT 'DELETE' AS delete) SELECT 1 FROM users",
        "SELECT",
        Some("users"),
    );
}

#[test]
fn table_is_a_statement_and_a_subselect() {
    reads("TABLE users", "TABLE", Some("users"));
    reads("TABLE ONLY users", "TABLE", Some("users"));
    reads("SELECT 1 FROM (TABLE users) AS u", "SELECT", Some("users"));
    reads("SELECT 1 FROM TABLE(f(1))", "SELECT", None);
    let shape = Shape::of("WITH recent AS (TABLE orders) TABLE recent", DatabaseSystem::Postgresql);
    assert_eq!((shape.operation, shape.tables), ("TABLE", [Some("recent"), Some("orders")]));
}

#[test]
fn a_byte_order_mark_and_executed_comments_hide_nothing() {
    reads("\u{feff}SELECT 1 FROM users", "SELECT", Some("users"));
    reads("\u{feff} -- a\n UPDATE users SET a = 1", "UPDATE", Some("users"));
    for system in [DatabaseSystem::Mysql, DatabaseSystem::Mariadb] {
        let shape = |sql| Shape::of(sql, system);
        for sql in ["/*!40000 ALTER TABLE users DISABLE KEYS */", "ALTER /*! TABLE */ users DISABLE KEYS"] {
            assert_eq!((shape(sql).operation, shape(sql).tables[0]), ("ALTER", Some("users")), "{sql}");
        }
        assert_eq!(Shape::of_batch("SELECT 1 /*! ; DELETE FROM users */", system).operation, BATCH);
    }
    assert_eq!(Shape::of("/*M! SELECT 1 FROM users */", DatabaseSystem::Mariadb).tables[0], Some("users"));
}

#[test]
fn several_statements_are_a_batch() {
    let operation = |sql| Shape::of_batch(sql, DatabaseSystem::Sqlite).operation;
    assert_eq!(operation("SELECT 1 FROM a; SELECT 2"), "BATCH");
    assert_eq!(operation("BEGIN; DELETE FROM a; COMMIT"), "BATCH");
    assert_eq!(operation("SELECT 1;;; -- the end\n ; /* really */"), "SELECT");
    assert_eq!(operation(";; SELECT ';' , 1 FROM a"), "SELECT");
    assert_eq!(operation("INSERT INTO a VALUES ('x; y')"), "INSERT");
    assert_eq!(operation("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END"), "CREATE");
    assert_eq!(operation(""), OTHER);
    assert_eq!(operation(";"), OTHER);
}

#[test]
fn what_is_unknown_is_other() {
    for sql in ["", "secret", "'SELECT'", "\"SELECT\" 1", "12", "SELEC", "\u{feff}\u{feff}SELECT 1", "/*", "$$", "\0"] {
        assert_eq!(Shape::of(sql, DatabaseSystem::Postgresql).operation, OTHER, "{sql:?}");
    }
}

/// Every text yields an operation of the closed set.
#[test]
fn garbage_is_read_to_its_end_without_a_panic() {
    let pieces = [
        "SELECT", " FROM ", "(", ")", "'", "\"", "`", "$a$", "$$", "/*", "/*!", "*/", "--", "\n", ";", ".", "ä", "\\",
        "[", "]", ",", "WITH", "AS", "INTO", "e'", "#", ":", "1",
    ];
    let mut seed = 0x9e37_79b9_u64;
    for _ in 0..20_000 {
        let mut sql = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sql.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        for system in [DatabaseSystem::Postgresql, DatabaseSystem::Mysql, DatabaseSystem::Sqlite] {
            for shape in [Shape::of(&sql, system), Shape::of_batch(&sql, system)] {
                assert!(VERBS.contains(&shape.operation) || [OTHER, BATCH].contains(&shape.operation), "{sql}");
            }
        }
    }
}

/// The test needs no clock. With a recursive parser, the nesting would overflow the stack and abort the test. With a
/// parser that reads bytes again, the test would never end.
#[test]
fn long_and_deep_texts_are_read_once() {
    let many = 100_000;
    for piece in [
        "(",
        "(SELECT 1 FROM ",
        "/*",
        "$a$ $b",
        "''",
        "\"",
        "a.",
        "WITH a AS (",
        "SELECT ",
        "IS DISTINCT FROM ",
        ";",
        "--",
        "\\",
    ] {
        for start in ["", "SELECT ", "SELECT 1 FROM ", "WITH a AS ", "INSERT INTO "] {
            let sql = format!("{start}{}", piece.repeat(many));
            for system in [DatabaseSystem::Postgresql, DatabaseSystem::Mysql, DatabaseSystem::Sqlite] {
                Shape::of_batch(&sql, system);
            }
        }
    }
}
