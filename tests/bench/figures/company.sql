INSERT INTO account (id, name, csm_id, segment, country, arr, currency, renewal_on, customer_since_on, status, state,
    hash, first_seen_at, changed_at)
SELECT 'acc-' || i, 'Account ' || i, 'csm-' || (i % {csms}),
    CASE WHEN i % 5 = 0 THEN 'enterprise' WHEN i % 5 < 3 THEN 'mid-market' ELSE 'small' END,
    CASE i % 3 WHEN 0 THEN 'Germany' WHEN 1 THEN 'United States' ELSE 'Japan' END,
    100000 * (1 + i % 97), 'USD', r.on_day, s.on_day, 'customer', 'live', '', s.at, s.at
FROM {of_accounts} JOIN bench_day r ON r.d = -(i % 380) JOIN bench_day s ON s.d = 100 + i % 700;

INSERT INTO account_csm (account_id, csm_id, from_at)
SELECT 'acc-' || i, 'csm-' || (i % {csms}), s.at FROM {of_accounts} JOIN bench_day s ON s.d = 800;

INSERT INTO contact (id, account_id, first_name, last_name, email, time_zone, country, opted_out, bounced, left_company,
    state, hash, first_seen_at, changed_at)
SELECT 'con-' || i, 'acc-' || (i / 5), 'First', 'Last ' || i, 'con-' || i || '@customer.example', 'Europe/Berlin',
    'Germany', {no}, {no}, {no}, 'live', '', s.at, s.at
FROM {of_contacts} JOIN bench_day s ON s.d = 700;

INSERT INTO contact_role (account_id, contact_id, role)
SELECT 'acc-' || (i / 5), 'con-' || i, CASE i % 5 WHEN 0 THEN 'decision_maker' WHEN 1 THEN 'budget_holder'
    WHEN 2 THEN 'champion' WHEN 3 THEN 'influencer' ELSE 'end_user' END
FROM {of_contacts};

INSERT INTO census_member (wave_id, contact_id, account_id, address, roles)
SELECT i / {contacts} + 1, 'con-' || (i % {contacts}), 'acc-' || (i % {contacts} / 5),
    'con-' || (i % {contacts}) || '@customer.example', '["champion"]'{json}
FROM {of_asked};

INSERT INTO invitation (wave_id, contact_id, account_id, address, csm_id, inherited, segment, roles, arr, currency,
    language, time_zone, country, freshness, heads_up, sent_at, closes_at, disposition, disposed_at, answered_at,
    bounced_at, stopped, stopped_at)
SELECT w + 1, 'con-' || c, 'acc-' || a, 'con-' || c || '@customer.example',
    'csm-' || ((a + CASE WHEN w = 1 AND a % 33 = 0 THEN 1 ELSE 0 END) % {csms}),
    CASE WHEN a % 50 = 0 THEN {yes} ELSE {no} END,
    CASE WHEN a % 5 = 0 THEN 'enterprise' WHEN a % 5 < 3 THEN 'mid-market' ELSE 'small' END,
    CASE c % 5 WHEN 0 THEN '["decision_maker"]' WHEN 1 THEN '["budget_holder"]' WHEN 2 THEN '["champion"]'
        WHEN 3 THEN '["influencer"]' ELSE '["end_user"]' END{json},
    100000 * (1 + a % 97), 'USD', 'en', 'Europe/Berlin', 'DE', 0.8, {no}, s.at, e.at,
    CASE WHEN luck < 42 THEN 'complete' WHEN luck < 45 THEN 'partial' WHEN luck < 50 THEN 'unknown'
        WHEN luck < 53 THEN 'refused' ELSE 'silent' END,
    e.at, CASE WHEN luck < 45 THEN t.at END, CASE WHEN luck >= 45 AND luck < 50 THEN t.at END,
    CASE WHEN luck >= 50 AND luck < 53 THEN 'refused' END, CASE WHEN luck >= 50 AND luck < 53 THEN t.at END
FROM (SELECT i / {contacts} AS w, i % {contacts} AS c, i % {contacts} / 5 AS a,
        ((i % {contacts}) * 7919 + i / {contacts} * 1047) % 100 AS luck FROM {of_asked}) AS one
JOIN bench_day s ON s.d = 30 + a % 25 + w * 90
JOIN bench_day e ON e.d = 9 + a % 25 + w * 90
JOIN bench_day t ON t.d = 28 + a % 25 + w * 90;

INSERT INTO response (invitation_id, questionnaire_version_id, state, channel, language, started_at, saved_at,
    submitted_at, complete, score)
SELECT id, 1, 'submitted', 'page', 'en', answered_at, answered_at, answered_at, {yes}, (id * 31) % 11
FROM invitation WHERE answered_at IS NOT NULL;

INSERT INTO sign_of_life (key, contact_id, kind, at, source)
SELECT 'answered:' || id, contact_id, 'answered', answered_at, 'page' FROM invitation WHERE answered_at IS NOT NULL;

INSERT INTO sign_of_life (key, contact_id, kind, at, source)
SELECT 'edited:' || i, 'con-' || i, 'edited', s.at, 'CRM'
FROM {of_contacts} JOIN bench_day s ON s.d = 10 + i % 400 WHERE i % 3 = 0;

INSERT INTO message (key, kind, invitation_id, wave_id, step, contact_id, address, recipient, return_path, subject,
    message_id, created_at, due_at, state, sent_at)
SELECT 'inv:' || id || ':invite', 'chase', id, wave_id, 'invite', contact_id, address, address,
    'b' || id || '@bounce.example', 'How are we doing?', '<' || id || '@vendor.example>', sent_at, sent_at, 'sent', sent_at
FROM invitation;

INSERT INTO follow_up (key, kind, state, account_id, contact_id, wave_id, response_id, score, owner_csm_id, opened_at,
    contact_by, resolve_by, contacted_at)
SELECT 'detractor:' || i.id, 'detractor', 'new', i.account_id, i.contact_id, i.wave_id, r.id, r.score, i.csm_id,
    i.answered_at, i.closes_at, i.closes_at, CASE WHEN i.id % 4 < 3 THEN i.answered_at END
FROM invitation i JOIN response r ON r.invitation_id = i.id WHERE r.score <= 1;

ANALYZE
