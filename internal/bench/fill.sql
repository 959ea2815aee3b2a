SET app.org_id = '%[1]s'; SET app.bulk_run = '%[1]s';
CREATE TEMPORARY TABLE me AS SELECT id FROM people WHERE org_id = '%[1]s' AND kind = 'system';
INSERT INTO contacts (org_id, id, first_name, last_name, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), 'First' || i %% 977, 'Last' || i, me.id, me.id FROM generate_series(1, %[2]d / 10) i, me;
INSERT INTO properties (org_id, id, address_typed, street, city, state, zip, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), i || ' Elm St', i || ' Elm St', 'Mesa', 'AZ', lpad((85000 + i %% 300)::text, 5, '0'), me.id, me.id FROM generate_series(1, %[2]d / 10) i, me;
CREATE TEMPORARY TABLE c AS SELECT id, row_number() OVER () AS n FROM contacts WHERE org_id = '%[1]s';
CREATE TEMPORARY TABLE p AS SELECT id, row_number() OVER () AS n FROM properties WHERE org_id = '%[1]s';
INSERT INTO claims (org_id, id, number, contact_id, property_id, carrier, claim_number, date_of_loss, stage, rcv, created_at, created_by, updated_by)
SELECT '%[1]s', gen_random_uuid(), i, c.id, p.id, (ARRAY['State Farm', 'Allstate', 'USAA', 'Farmers'])[1 + i %% 4], 'N' || i, '2026-01-01'::date - (i %% 900)::int,
	(ARRAY['intake', 'inspection', 'filed', 'adjuster_review', 'approved', 'denied', 'build', 'completed', 'closed'])[1 + i %% 9], i * 100, now() - i * interval '1 minute', me.id, me.id
FROM generate_series(1, %[2]d) i JOIN c ON c.n = 1 + i %% (%[2]d / 10) JOIN p ON p.n = 1 + i %% (%[2]d / 10), me;
VACUUM ANALYZE contacts; VACUUM ANALYZE properties; VACUUM ANALYZE claims
