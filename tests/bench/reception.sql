-- The inserts of one reception, with nothing decided and nothing checked: what the database alone can do.
\set serial random(1, 1000000000)
with key as (
    insert into intake.key (caller, method, path, key, body_hash, dossier_id)
    values ('bench', 'POST', '/v1/dossiers', gen_random_uuid()::text, decode(md5('body'), 'hex'), gen_random_uuid()) returning dossier_id),
counted as (
    insert into intake.counter as counter (prefix, day, last) values ('bench' || :client_id, date '2026-03-09', 1)
    on conflict (prefix, day) do update set last = counter.last + 1 returning last),
dossier as (
    insert into intake.dossier (id, version, told, state, code, procedure_key, procedure_version, procedure_name, channel, receiving, competent,
        supervising, "returning", people, accepted_at, appointment_at, limit_text, received_by, result_way, lookup_secret, receipt, created_at)
    select dossier_id, 1, 1, 'received', 'bench' || :client_id || '-' || last, 'bench', dossier_id,
        'Quyết định công nhận cơ sở sản xuất, kinh doanh sử dụng từ 30% tổng số lao động trở lên là người khuyết tật', 'desk',
        'H14.001', 'H14.010', 'H14.001', 'H14.001',
        '[{"part":"applicant","kind":"citizen","name":"Nông Thị Mẫu","phone":"+84912345678","address":"Tổ 1, phường Thục Phán"}]', now(), now(),
        '10 ngày làm việc', 'Cán bộ tiếp nhận', 'desk', 'ABCDEFGHIJ', '{"papers":[{"name":"Văn bản đề nghị","copies":0,"originals":1}]}', now()
    from key, counted returning id),
paper as (
    insert into intake.paper (dossier_id, number, name, originals, copies, received_at)
    select id, number, 'Văn bản đề nghị', 1, 0, now() from dossier, generate_series(1, 3) as number),
journal as (
    insert into intake.journal (id, dossier_id, at, action, to_state, by, office, source)
    select gen_random_uuid(), id, now(), 'receive', 'received', 'Cán bộ tiếp nhận', 'H14.001', 'intake' from dossier),
event as (
    insert into intake.event (id, type, subject, sequence, time, traceparent, data)
    select gen_random_uuid(), 'vn.motcua.dossier.received.v1', id::text, 1, now(), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        '{"code":"H14.010-260309-0001","channel":"desk","people":[{"part":"applicant","name":"Nông Thị Mẫu","phone":"+84912345678"}],"procedure":{"key":"CB-1.001806","name":"Quyết định công nhận cơ sở sản xuất, kinh doanh sử dụng từ 30% tổng số lao động trở lên là người khuyết tật"}}'
    from dossier returning number)
insert into intake.delivery (subscriber, number, partition) select subscriber, number, 3 from event, unnest(array['bench', 'bench2']) as subscriber;
