"""What the dashboard asks of PostgreSQL. ``${store:sqlstring}`` and the ``$__`` macros are Grafana's.

The catalogue says which slots there are: one that was never seen counts as UNKNOWN, one that is planned no more does
not count. An interval counts from when its state was first seen (``from_at``) to when the next one was. UNKNOWN is
never counted as stocked or as out; every availability figure stands beside its coverage, the share that was seen.
"""

from collections.abc import Mapping
from types import MappingProxyType

from analytics.contract import AVAILABLE

_NAME = """\
COALESCE((SELECT p.value::json -> 'entity' ->> 'name' FROM catalogue_versions p
          WHERE p.store = i.store AND p.kind = 'product' AND p.id = i.gtin AND p.valid_from <= now()
          ORDER BY p.valid_from DESC LIMIT 1), i.gtin)"""

_SLOTS_NOW = """\
(SELECT v.store, v.bay, v.id AS slot, n.gtin, COALESCE(n.state, 'UNKNOWN') AS state, n.from_at
 FROM catalogue_versions v
 LEFT JOIN LATERAL (SELECT * FROM state_intervals newest WHERE newest.store = v.store AND newest.slot = v.id
                    ORDER BY newest.sequence DESC LIMIT 1) n ON n.gtin = v.value::json -> 'entity' ->> 'gtin'
 WHERE v.store = ${store:sqlstring} AND v.kind = 'slot'
   AND v.valid_from <= now() AND (v.valid_to IS NULL OR v.valid_to > now())) i"""

STORES = "SELECT store FROM catalogue_versions UNION SELECT store FROM state_intervals ORDER BY store"
OPEN_ALERTS = "SELECT count(*) AS open FROM alerts WHERE store = ${store:sqlstring} AND cleared_at IS NULL"
STATES_OVER_TIME = """\
WITH planned AS (
  SELECT v.id AS slot, v.value::json -> 'entity' ->> 'gtin' AS gtin, v.valid_from, v.valid_to
  FROM catalogue_versions v
  WHERE v.store = ${store:sqlstring} AND v.kind = 'slot' AND v.valid_from <= $__timeTo()::timestamptz
    AND (v.valid_to IS NULL OR v.valid_to > $__timeFrom()::timestamptz)
), stretches AS (
  SELECT 'planned' AS state, valid_from AS begun, valid_to AS ended FROM planned
  UNION ALL
  SELECT i.state, GREATEST(i.from_at, p.valid_from), LEAST(i.to_at, p.valid_to)
  FROM planned p
  JOIN state_intervals i ON i.store = ${store:sqlstring} AND i.slot = p.slot AND i.gtin = p.gtin
  WHERE i.state <> 'UNKNOWN' AND i.from_at <= $__timeTo()::timestamptz
    AND (i.to_at IS NULL OR i.to_at > $__timeFrom()::timestamptz)
), changes AS (
  SELECT begun AS at, state, 1 AS more FROM stretches WHERE ended IS NULL OR ended > begun
  UNION ALL
  SELECT ended, state, -1 FROM stretches WHERE ended > begun
  UNION ALL
  SELECT moment, 'asked', 0
  FROM generate_series($__timeFrom()::timestamptz, LEAST($__timeTo()::timestamptz, now()),
                       make_interval(secs => GREATEST($__interval_ms, 1000) / 1000.0)) AS moment
), counted AS (
  SELECT at, state,
         sum(more) FILTER (WHERE state = 'OUT') OVER so_far AS out,
         sum(more) FILTER (WHERE state = 'LOW') OVER so_far AS low,
         sum(more) FILTER (WHERE state = 'MISPLACED') OVER so_far AS misplaced,
         sum(more) FILTER (WHERE state = 'planned') OVER so_far AS planned,
         sum(more) FILTER (WHERE state NOT IN ('planned', 'asked')) OVER so_far AS seen
  FROM changes WINDOW so_far AS (ORDER BY at)
)
SELECT at AS time, COALESCE(out, 0) AS out, COALESCE(low, 0) AS low, COALESCE(misplaced, 0) AS misplaced,
       COALESCE(planned, 0) - COALESCE(seen, 0) AS unknown
FROM counted WHERE state = 'asked' ORDER BY at"""

TIME_TO_REFILL = """\
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM cleared_at - raised_at)) AS median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM cleared_at - raised_at)) AS p90
FROM alerts
WHERE store = ${store:sqlstring} AND status = 'cleared' AND cleared_why IN ('STOCKED', 'LOW')
  AND $__timeFilter(cleared_at)"""


def _filled_in(sql: str) -> str:
    """Put the slots that are planned now, called ``i``, where ``@slots`` stands.

    Where ``@name`` stands, put the product's name, else its GTIN; ``i`` must have a store and a GTIN. ``@available``
    are the states in which a shopper finds the product.
    """
    available = ", ".join(f"'{state.value}'" for state in sorted(AVAILABLE))
    return sql.replace("@slots", _SLOTS_NOW).replace("@name", _NAME).replace("@available", available)


OUT_NOW = _filled_in("SELECT count(*) AS out FROM @slots WHERE state = 'OUT'")

UNKNOWN_NOW = _filled_in("SELECT count(*) AS unknown FROM @slots WHERE state = 'UNKNOWN'")

AVAILABILITY_NOW = _filled_in("""\
SELECT count(*) FILTER (WHERE state IN (@available))::float
       / NULLIF(count(*) FILTER (WHERE state <> 'UNKNOWN'), 0) AS availability
FROM @slots""")

COVERAGE_NOW = _filled_in("""\
SELECT count(*) FILTER (WHERE state <> 'UNKNOWN')::float / NULLIF(count(*), 0) AS coverage
FROM @slots""")

OUT_LIST = _filled_in("""\
SELECT @name AS product, i.bay, i.slot, i.from_at AS since,
       EXTRACT(EPOCH FROM now() - i.from_at) AS seconds_out, a.status AS alert
FROM @slots
LEFT JOIN alerts a ON a.store = i.store AND a.slot = i.slot AND a.cleared_at IS NULL
WHERE i.state = 'OUT'
ORDER BY i.from_at""")

WORST_SLOTS = _filled_in("""\
SELECT @name AS product, i.bay, i.slot,
       sum(EXTRACT(EPOCH FROM LEAST(COALESCE(i.to_at, now()), $__timeTo()::timestamptz)
                              - GREATEST(i.from_at, $__timeFrom()::timestamptz))) AS seconds_out,
       count(*) AS gaps
FROM state_intervals i
WHERE i.store = ${store:sqlstring} AND i.state = 'OUT' AND i.from_at < LEAST($__timeTo()::timestamptz, now())
  AND COALESCE(i.to_at, now()) > $__timeFrom()::timestamptz
GROUP BY i.store, i.bay, i.slot, i.gtin ORDER BY seconds_out DESC LIMIT 20""")

ALERTS_RAISED = _filled_in("""\
SELECT i.raised_at, @name AS product, i.bay, i.slot, i.status, i.acknowledged_at, i.answer, i.cleared_at
FROM alerts i WHERE i.store = ${store:sqlstring} AND $__timeFilter(i.raised_at)
ORDER BY i.raised_at DESC LIMIT 200""")

ALL: Mapping[str, str] = MappingProxyType(
    {
        "stores": STORES,
        "open_alerts": OPEN_ALERTS,
        "out_now": OUT_NOW,
        "unknown_now": UNKNOWN_NOW,
        "availability_now": AVAILABILITY_NOW,
        "coverage_now": COVERAGE_NOW,
        "out_list": OUT_LIST,
        "states_over_time": STATES_OVER_TIME,
        "time_to_refill": TIME_TO_REFILL,
        "worst_slots": WORST_SLOTS,
        "alerts_raised": ALERTS_RAISED,
    }
)
