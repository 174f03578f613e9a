INSERT INTO account (id, name, csm_id, segment, country, arr, currency, renewal_on, customer_since_on, status, churned_on,
    state, hash, first_seen_at, changed_at)
SELECT 'acc-' || i, 'Account ' || i, 'csm-' || (i % {csms}),
    CASE WHEN i % 5 = 0 THEN 'enterprise' WHEN i % 5 < 3 THEN 'mid-market' ELSE 'small' END,
    CASE i % 3 WHEN 0 THEN 'Germany' WHEN 1 THEN 'United States' ELSE 'Japan' END,
    100000 * (1 + i % 97), CASE WHEN i % 40 = 0 THEN 'EUR' ELSE 'USD' END, r.on_day, s.on_day,
    CASE WHEN i % 13 = 5 THEN 'churned' ELSE 'customer' END, CASE WHEN i % 13 = 5 THEN l.on_day END, 'live', '', s.at, s.at
FROM {of_accounts} JOIN bench_day r ON r.d = i % 365 - 365 JOIN bench_day s ON s.d = 100 + i % 700
JOIN bench_day l ON l.d = i % 365;

INSERT INTO account_csm (account_id, csm_id, from_at, to_at)
SELECT 'acc-' || i, CASE WHEN i % 33 = 0 THEN 'csm-' || ((i + 1) % {csms}) ELSE 'csm-' || (i % {csms}) END, s.at,
    CASE WHEN i % 33 = 0 THEN t.at END
FROM {of_accounts} JOIN bench_day s ON s.d = 800 JOIN bench_day t ON t.d = 100;

INSERT INTO account_csm (account_id, csm_id, from_at)
SELECT 'acc-' || i, 'csm-' || (i % {csms}), t.at FROM {of_accounts} JOIN bench_day t ON t.d = 100 WHERE i % 33 = 0;

INSERT INTO bench_person (c, a, role, segment)
SELECT i, i / 25 * 10 + p.a, p.role, p.segment FROM {of_contacts} JOIN bench_place p ON p.p = i % 25;

INSERT INTO contact (id, account_id, first_name, last_name, email, time_zone, country, opted_out, bounced, left_company,
    state, hash, first_seen_at, changed_at)
SELECT 'con-' || c, 'acc-' || a, 'First', 'Last ' || c, 'con-' || c || '@customer.example', 'Europe/Berlin',
    'Germany', {no}, {no}, {no}, 'live', '', s.at, s.at
FROM bench_person JOIN bench_day s ON s.d = 700;

INSERT INTO contact_role (account_id, contact_id, role) SELECT 'acc-' || a, 'con-' || c, role FROM bench_person;

INSERT INTO census_member (wave_id, contact_id, account_id, address, roles, reason)
SELECT 4 - w, 'con-' || c, 'acc-' || a, 'con-' || c || '@customer.example', ('["' || role || '"]'){json},
    CASE WHEN a % 23 = 0 AND w < 2 THEN 'escalated' END
FROM bench_person CROSS JOIN (SELECT d AS w FROM bench_day WHERE d >= -1 AND d < 4) AS waves
WHERE w >= 0 OR a % 5 = 2 ORDER BY w DESC, c;

INSERT INTO invitation (wave_id, contact_id, account_id, address, csm_id, inherited, segment, roles, arr, currency,
    language, time_zone, country, freshness, heads_up, sent_at, closes_at, disposition, disposed_at, answered_at,
    bounced_at, stopped, stopped_at)
SELECT 4 - w, 'con-' || c, 'acc-' || a, 'con-' || c || '@customer.example',
    CASE WHEN w > 0 AND a % 33 = 0 THEN 'csm-' || ((a + 1) % {csms}) ELSE 'csm-' || (a % {csms}) END,
    CASE WHEN w = 0 AND a % 33 = 0 THEN {yes} ELSE {no} END, segment, ('["' || role || '"]'){json},
    100000 * (1 + a % 97), CASE WHEN a % 40 = 0 THEN 'EUR' ELSE 'USD' END, 'en', 'Europe/Berlin', 'DE', 0.8,
    CASE WHEN c % 2 = 0 THEN {yes} ELSE {no} END, s.at, e.at,
    CASE WHEN luck < 42 THEN 'complete' WHEN luck < 45 THEN 'partial' WHEN luck < 50 THEN 'unknown'
        WHEN luck < 53 THEN 'refused' WHEN sent > 21 THEN 'silent' END,
    CASE WHEN luck < 53 THEN t.at WHEN sent > 21 THEN e.at END, CASE WHEN luck < 45 THEN t.at END,
    CASE WHEN luck >= 45 AND luck < 50 THEN t.at END,
    CASE WHEN luck < 45 THEN 'answered' WHEN luck < 50 THEN 'bounced' WHEN luck < 53 THEN 'refused' END,
    CASE WHEN luck < 53 THEN t.at END
FROM (SELECT known.*, CASE WHEN w < 0 AND sent <= drawn % 7 + 1 THEN 60 ELSE drawn END AS luck
    FROM (SELECT one.*, CASE WHEN w < 0 THEN 4 + a % 14 ELSE 40 + a % 60 + 168 * w END AS sent,
            CASE WHEN a % 9 = 4 AND w < 2 THEN 55 ELSE (c * 7919 + (w + 1) * 1047 + c / 7 * 13) % 100 END AS drawn
        FROM (SELECT c, a, role, segment, d AS w FROM bench_person JOIN bench_day ON d >= 0 AND d < 4
                OR d = -1 AND a % 5 = 2) AS one
        WHERE NOT (a % 23 = 0 AND w < 2)) AS known) AS mine
JOIN bench_day s ON s.d = sent JOIN bench_day e ON e.d = sent - 21 JOIN bench_day t ON t.d = sent - 1 - luck % 7
ORDER BY w DESC, c;

INSERT INTO response (invitation_id, questionnaire_version_id, state, channel, language, started_at, saved_at,
    submitted_at, complete, score)
SELECT id, 1, 'submitted', 'page', 'en', answered_at, answered_at, answered_at, {yes},
    CASE WHEN id * 31 % 100 < 5 THEN 3 WHEN id * 31 % 100 < 14 THEN 6 WHEN id * 31 % 100 < 28 THEN 7
        WHEN id * 31 % 100 < 44 THEN 8 WHEN id * 31 % 100 < 72 THEN 9 ELSE 10 END
FROM invitation WHERE answered_at IS NOT NULL ORDER BY id;

INSERT INTO answer (response_id, question, number, choices) SELECT id, 'recommend', score, '[]'{json} FROM response ORDER BY id;

INSERT INTO answer (response_id, question, choices, verbatim)
SELECT id, 'why', '[]'{json}, 'The migration took longer than promised, and support answers only after days. Case ' || id
FROM response WHERE id % 10 < 3 ORDER BY id;

INSERT INTO verbatim_read (response_id, submitted_at, book) SELECT id, submitted_at, 1 FROM response ORDER BY id;

INSERT INTO verbatim_theme (response_id, question, theme_id, source, holds, words, at)
SELECT response_id, 'why', 1 + response_id / 7 % {themes}, 'rule', {yes}, 'support', s.at
FROM answer JOIN bench_day s ON s.d = 30 WHERE question = 'why' AND response_id % 9 > 0 ORDER BY response_id;

INSERT INTO verbatim_theme (response_id, question, theme_id, source, holds, words, at)
SELECT response_id, 'why', 1 + (response_id / 7 + 3) % {themes}, 'rule', {yes}, 'promised', s.at
FROM answer JOIN bench_day s ON s.d = 30 WHERE question = 'why' AND response_id % 4 = 0 ORDER BY response_id;

INSERT INTO sign_of_life (key, contact_id, kind, at, source)
SELECT 'answered:' || id, contact_id, 'answered', answered_at, 'page' FROM invitation WHERE answered_at IS NOT NULL
ORDER BY id;

INSERT INTO sign_of_life (key, contact_id, kind, at, source)
SELECT 'edited:' || c, 'con-' || c, 'edited', s.at, 'CRM'
FROM bench_person JOIN bench_day s ON s.d = 10 + c % 400 WHERE c % 3 = 0;

INSERT INTO message (key, kind, invitation_id, wave_id, step, contact_id, address, recipient, return_path, subject,
    message_id, created_at, due_at, state, sent_at)
SELECT 'inv:' || id || ':invite', 'chase', id, wave_id, 'invite', contact_id, address, address,
    'b' || id || '@bounce.example', 'How are we doing?', '<' || id || '@vendor.example>', sent_at, sent_at, 'sent', sent_at
FROM invitation ORDER BY id;

INSERT INTO message (key, kind, invitation_id, wave_id, step, contact_id, address, recipient, return_path, subject,
    message_id, created_at, due_at, state, sent_at)
SELECT 'inv:' || id || ':reminder_1', 'chase', id, wave_id, 'reminder_1', contact_id, address, address,
    'r' || id || '@bounce.example', 'How are we doing?', '<r' || id || '@vendor.example>', disposed_at, disposed_at,
    'sent', disposed_at
FROM invitation WHERE disposition = 'silent' ORDER BY id;

INSERT INTO follow_up (key, kind, state, account_id, contact_id, wave_id, response_id, score, owner_csm_id, opened_at,
    acknowledge_by, contact_by, resolve_by, acknowledged_at, contacted_at, resolved_at, confirmed_at, cause, outcome)
SELECT 'detractor:' || i.id, 'detractor',
    CASE WHEN luck < 3 THEN 'new' WHEN luck < 6 THEN 'contacted' WHEN luck < 9 THEN 'resolved' ELSE 'confirmed' END,
    i.account_id, i.contact_id, i.wave_id, i.response_id, i.score, i.csm_id, i.answered_at, o.at, o.at, z.at,
    CASE WHEN luck >= 3 THEN o.at END, CASE WHEN luck >= 3 THEN CASE WHEN luck % 4 = 0 THEN z.at ELSE o.at END END,
    CASE WHEN luck >= 6 THEN z.at END, CASE WHEN luck >= 9 THEN z.at END,
    CASE WHEN luck >= 6 THEN CASE luck % 5 WHEN 0 THEN 'support' WHEN 1 THEN 'product' WHEN 2 THEN 'training'
        WHEN 3 THEN 'price' ELSE 'reliability' END END,
    CASE WHEN luck >= 6 THEN 'Called them, and moved the migration to a team that had done it before.' END
FROM (SELECT v.*, r.id AS response_id, r.score,
        CASE v.wave_id WHEN 5 THEN v.id * 17 % 3 WHEN 4 THEN v.id * 17 % 60
            ELSE 3 + v.id * 17 % 900 END AS luck
    FROM invitation v JOIN response r ON r.invitation_id = v.id WHERE r.score <= 6) AS i
JOIN bench_day a ON a.at = i.answered_at JOIN bench_day o ON o.d = a.d - 1 JOIN bench_day z ON z.d = a.d - 7
ORDER BY i.id;

INSERT INTO opportunity (id, account_id, name, kind, stage, closed, won, amount, currency, close_on, arr_before, arr_after,
    renewal_confirmed_on, state, hash)
SELECT 'ren-' || y || '-' || i, 'acc-' || i, 'Renewal ' || i, 'Renewal', 'Closed', {yes},
    CASE WHEN y = 0 AND i % 13 = 5 THEN {no} ELSE {yes} END, 100000 * (1 + i % 97),
    CASE WHEN i % 40 = 0 THEN 'EUR' ELSE 'USD' END, r.on_day, 100000 * (1 + i % 97),
    CASE WHEN y = 0 AND i % 13 = 5 THEN 0 ELSE 100000 * (1 + i % 97) + CASE WHEN i % 6 = 0 THEN 20000 WHEN i % 11 = 0
        THEN -30000 ELSE 0 END END,
    CASE WHEN i % 3 > 0 THEN k.on_day END, 'live', ''
FROM {of_accounts} JOIN (SELECT d AS y FROM bench_day WHERE d IN (0, 1)) AS years ON 1 = 1
JOIN bench_day r ON r.d = i % 365 + 365 * y JOIN bench_day k ON k.d = i % 365 + 365 * y + 60 + i % 60;

INSERT INTO opportunity (id, account_id, name, kind, stage, closed, won, amount, currency, close_on, arr_before, arr_after,
    state, hash)
SELECT 'next-' || i, 'acc-' || i, 'Renewal ' || i, 'Renewal', 'Open', {no}, {no}, 100000 * (1 + i % 97),
    CASE WHEN i % 40 = 0 THEN 'EUR' ELSE 'USD' END, r.on_day, 100000 * (1 + i % 97), 100000 * (1 + i % 97), 'live', ''
FROM {of_accounts} JOIN bench_day r ON r.d = i % 365 - 365 WHERE i % 13 <> 5;

INSERT INTO opportunity (id, account_id, name, kind, stage, closed, won, amount, currency, close_on, state, hash)
SELECT 'more-' || i, 'acc-' || i, 'More seats ' || i, CASE WHEN i % 10 = 0 THEN 'Cross-sell' ELSE 'Upsell' END, 'Closed',
    {yes}, {yes}, 30000, 'USD', r.on_day, 'live', ''
FROM {of_accounts} JOIN bench_day r ON r.d = i % 300 WHERE i % 5 = 0;

INSERT INTO milestone (id, account_id, kind, on_day, state, hash)
SELECT m.kind || '-' || i, 'acc-' || i, m.kind, s.on_day, 'live', ''
FROM {of_accounts} JOIN bench_mark m ON 1 = 1 JOIN bench_day s ON s.d = 100 + i % 700 - m.after - i % m.spread
WHERE i % m.every = 0;

INSERT INTO milestone (id, account_id, kind, on_day, value, state, hash)
SELECT 'usage-' || i, 'acc-' || i, 'number_active_users', s.on_day, 100 * (i % 900), 'live', ''
FROM {of_accounts} JOIN bench_day s ON s.d = i % 30 WHERE i % 2 = 0;

INSERT INTO activity (id, account_id, csm_id, subject, kind, on_day, state, hash)
SELECT 'meet-' || i, 'acc-' || i, 'csm-' || (i % {csms}), 'Check-in', 'Meeting', s.on_day, 'live', ''
FROM {of_accounts} JOIN bench_day s ON s.d = i % 90;

INSERT INTO activity (id, account_id, csm_id, subject, kind, on_day, state, hash)
SELECT 'qbr-' || i, 'acc-' || i, 'csm-' || (i % {csms}), 'Quarterly review', 'QBR', s.on_day, 'live', ''
FROM {of_accounts} JOIN bench_day s ON s.d = i % 200 WHERE i % 2 = 0;

INSERT INTO renewal_landmark (key, account_id, decided_on, landmark_on, lost, state, csm_id, segment, score,
    days_since_answer, senior_silent, kept_at)
SELECT 'renewal:' || o.id, o.account_id, o.close_on, l.on_day, o.lost,
    CASE WHEN luck < silent THEN 'silent' WHEN luck < silent + 15 THEN 'quiet' WHEN luck < silent + 22 THEN 'not_asked'
        ELSE 'heard' END,
    o.csm_id, o.segment, luck % 90, luck * 4, CASE WHEN luck < silent THEN {yes} ELSE {no} END, l.at
FROM (SELECT p.id, p.account_id, p.close_on, CASE WHEN p.won THEN {no} ELSE {yes} END AS lost,
        CASE WHEN p.won THEN 10 ELSE 35 END AS silent, a.csm_id, a.segment,
        (p.arr_before / 100000 * 37 + CASE WHEN a.currency = 'EUR' THEN 11 ELSE 0 END) % 100 AS luck
    FROM opportunity p JOIN account a ON a.id = p.account_id WHERE p.closed AND p.kind = 'Renewal') AS o
JOIN bench_day c ON c.on_day = o.close_on JOIN bench_day l ON l.d = c.d + 90;

ANALYZE
