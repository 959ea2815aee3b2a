-- Ten thousand claims, a tenth as many contacts and properties, and leads, for one
-- organisation, the word in each: %[1]s is its id, %[2]s the word, %[3]d the claims.
SET app.org_id = '%[1]s'; SET app.bulk_run = '%[1]s';
CREATE TEMPORARY TABLE me AS SELECT id FROM people WHERE org_id = '%[1]s' AND kind = 'system';
INSERT INTO contacts (org_id, id, first_name, last_name, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), 'First' || i %% 977, 'Last' || i || ' %[2]s', me.id, me.id FROM generate_series(1, %[3]d / 10) i, me;
INSERT INTO properties (org_id, id, name, address_typed, street, city, state, zip, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), '%[2]s', i || ' Elm St', i || ' Elm St', 'Mesa', 'AZ', lpad((85000 + i %% 300)::text, 5, '0'), me.id, me.id FROM generate_series(1, %[3]d / 10) i, me;
CREATE TEMPORARY TABLE c AS SELECT id, row_number() OVER () AS n FROM contacts WHERE org_id = '%[1]s' AND last_name LIKE 'Last%% %[2]s';
CREATE TEMPORARY TABLE p AS SELECT id, row_number() OVER () AS n FROM properties WHERE org_id = '%[1]s' AND name = '%[2]s';
INSERT INTO leads (org_id, id, title, contact_id, property_id, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), 'Hail ' || i || ' %[2]s', c.id, p.id, me.id, me.id
FROM generate_series(1, %[3]d / 10) i JOIN c ON c.n = i JOIN p ON p.n = i, me;
INSERT INTO claims (org_id, id, number, title, contact_id, property_id, carrier, claim_number, date_of_loss, stage, rcv, created_at, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), 1000000 + i, 'Roof ' || i || ' %[2]s', c.id, p.id, (ARRAY['State Farm', 'Allstate', 'USAA', 'Farmers'])[1 + i %% 4], 'N' || i, '2026-01-01'::date - (i %% 900)::int,
	(ARRAY['intake', 'inspection', 'filed', 'adjuster_review', 'approved', 'denied', 'build', 'completed', 'closed'])[1 + i %% 9], i * 100, now() - i * interval '1 minute', me.id, me.id
FROM generate_series(1, %[3]d) i JOIN c ON c.n = 1 + i %% (%[3]d / 10) JOIN p ON p.n = 1 + i %% (%[3]d / 10), me;
DROP TABLE me; DROP TABLE c; DROP TABLE p;
