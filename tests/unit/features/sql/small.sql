-- filled_0
WITH base AS (
SELECT pos, place, kind, place >> 20 AS now_ms,
  CASE WHEN batch > 0 THEN batch END AS c_batch,
  CASE WHEN code > 0 THEN code END AS c_code,
  CASE WHEN member > 0 THEN member END AS c_member
FROM records
WHERE kind IN (0, 1, 2, 11))
SELECT l.pos, l.place, l.kind, l.now_ms,
  l.c_batch,
  l.c_code,
  l.c_member
FROM base AS l

-- wide
WITH base AS (
SELECT l.*,
  COALESCE(c_batch, NULLIF(p0.last_f0, CAST(-9223372036854775808 AS BIGINT))) AS c_batch_1
FROM filled_0 AS l
LEFT JOIN (
SELECT *
FROM (
SELECT pos, reads,
  MAX_BY(f0, CASE WHEN f0 IS NOT NULL THEN o END) OVER (PARTITION BY k0 ORDER BY o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_f0
FROM (
SELECT pos, pos AS o, 1 AS reads,
  now_ms,
  c_code AS k0,
  CASE WHEN kind IN (11) THEN c_batch END AS f0
FROM filled_0
WHERE c_code IS NOT NULL) AS facts) AS asked
WHERE reads = 1) AS p0 ON p0.pos = l.pos)
SELECT l.pos, l.place, l.kind, l.now_ms,
  l.c_batch_1,
  l.c_member
FROM base AS l

-- of_c_batch_1
WITH facts AS (
SELECT pos, pos AS o, CASE WHEN kind IN (0, 1, 2) THEN 1 ELSE 0 END AS reads,
  place, now_ms,
  c_batch_1 AS k0,
  CASE WHEN kind IN (0) THEN 1 END AS f0,
  CASE WHEN kind IN (0) AND c_member IS NOT NULL THEN c_member END AS f1
FROM wide
WHERE c_batch_1 IS NOT NULL AND kind IN (0, 1, 2)),
paired AS (
SELECT *,
  LAG(place) OVER (PARTITION BY f1, k0 ORDER BY place, o) AS p0,
  LEAD(place) OVER (PARTITION BY f1, k0 ORDER BY place, o) AS p1
FROM facts),
moved AS (
SELECT *,
  CASE WHEN f1 IS NOT NULL AND (p0 IS NULL OR p0 <= place - 3774873600000) THEN 1 END AS m0,
  CASE WHEN f1 IS NOT NULL AND (p1 IS NULL OR p1 >= place + 3774873600000) THEN 1 END AS m1
FROM paired),
totals AS (
SELECT *,
  COUNT(f0) OVER (PARTITION BY k0 ORDER BY place, o ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS w0,
  COUNT(f0) OVER (PARTITION BY k0 ORDER BY place RANGE BETWEEN UNBOUNDED PRECEDING AND 90596966400000 PRECEDING) AS w1,
  COUNT(m0) OVER (PARTITION BY k0 ORDER BY place, o ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS w2,
  COUNT(m1) OVER (PARTITION BY k0 ORDER BY place RANGE BETWEEN UNBOUNDED PRECEDING AND 3774873600000 PRECEDING) AS w3
FROM moved)
SELECT t.pos,
  CAST(w0 - w1 AS BIGINT) AS i0_batch_scans_24h,
  CAST(w2 - w3 AS BIGINT) AS i1_members_1h
FROM totals AS t
WHERE t.reads = 1

-- records, a slice
SELECT pos,
  event,
  kind,
  member,
  place,
  points
FROM records
WHERE kind IN (0, 1, 2) AND pos >= 1 AND pos < 1001
ORDER BY pos

-- of_c_batch_1, a slice
SELECT pos,
  i0_batch_scans_24h,
  i1_members_1h
FROM of_c_batch_1
WHERE pos >= 1 AND pos < 1001
ORDER BY pos
