INSERT INTO dishes (id, name, price) VALUES (1, 'soup', 7), (2, 'bread', 2);
