WITH first AS (SELECT p.org_id, p.role, u.password_hash FROM people p JOIN users u ON u.id = p.user_id WHERE u.email = '%s'),
made AS (INSERT INTO users (id, email, name, password_hash)
	SELECT gen_random_uuid(), format('side%%s@example.com', n), 'Side ' || n, password_hash FROM first, generate_series(2, %d) n RETURNING id, email, name)
INSERT INTO people (org_id, id, user_id, kind, name, email, role, active)
SELECT org_id, gen_random_uuid(), id, 'member', name, email, role, true FROM made, first
;
VACUUM ANALYZE people; VACUUM ANALYZE users
