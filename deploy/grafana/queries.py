"""What the dashboard asks of PostgreSQL. ``${store:sqlstring}`` and the ``$__`` macros are Grafana's.

An interval counts from when its state was first seen (``from_at``) to when the next one was. UNKNOWN is never counted
as stocked or as out; every availability figure stands beside its coverage, the share that was seen at all.
"""

from collections.abc import Mapping
from types import MappingProxyType

_NAME = """\
COALESCE((SELECT p.value::json -> 'entity' ->> 'name' FROM catalogue_versions p
          WHERE p.store = i.store AND p.kind = 'product' AND p.id = i.gtin AND p.valid_to IS NULL
          ORDER BY p.valid_from DESC LIMIT 1), i.gtin)"""


def _with_names(sql: str) -> str:
    """Put the product's name, else its GTIN, where ``@name`` stands; ``i`` must have a store and a GTIN."""
    return sql.replace("@name", _NAME)


STORES = "SELECT DISTINCT store FROM state_intervals ORDER BY store"

OPEN_ALERTS = "SELECT count(*) AS open FROM alerts WHERE store = ${store:sqlstring} AND cleared_at IS NULL"

OUT_NOW = """\
SELECT count(*) AS out FROM state_intervals
WHERE store = ${store:sqlstring} AND to_at IS NULL AND state = 'OUT'"""

UNKNOWN_NOW = """\
SELECT count(*) AS unknown FROM state_intervals
WHERE store = ${store:sqlstring} AND to_at IS NULL AND state = 'UNKNOWN'"""

AVAILABILITY_NOW = """\
SELECT count(*) FILTER (WHERE state IN ('STOCKED', 'LOW'))::float
       / NULLIF(count(*) FILTER (WHERE state <> 'UNKNOWN'), 0) AS availability
FROM state_intervals WHERE store = ${store:sqlstring} AND to_at IS NULL"""

COVERAGE_NOW = """\
SELECT count(*) FILTER (WHERE state <> 'UNKNOWN')::float / NULLIF(count(*), 0) AS coverage
FROM state_intervals WHERE store = ${store:sqlstring} AND to_at IS NULL"""

OUT_LIST = _with_names("""\
SELECT @name AS product, i.bay, i.slot, i.from_at AS since,
       EXTRACT(EPOCH FROM now() - i.from_at) AS seconds_out, a.status AS alert
FROM state_intervals i
LEFT JOIN alerts a ON a.store = i.store AND a.slot = i.slot AND a.cleared_at IS NULL
WHERE i.store = ${store:sqlstring} AND i.to_at IS NULL AND i.state = 'OUT'
ORDER BY i.from_at""")

STATES_OVER_TIME = """\
SELECT moment AS time,
       count(*) FILTER (WHERE i.state = 'OUT') AS out,
       count(*) FILTER (WHERE i.state = 'LOW') AS low,
       count(*) FILTER (WHERE i.state = 'MISPLACED') AS misplaced,
       count(*) FILTER (WHERE i.state = 'UNKNOWN') AS unknown
FROM generate_series($__timeFrom()::timestamptz, LEAST($__timeTo()::timestamptz, now()),
                     make_interval(secs => GREATEST($__interval_ms, 1000) / 1000.0)) AS moment
LEFT JOIN state_intervals i
       ON i.store = ${store:sqlstring} AND i.from_at <= moment AND (i.to_at IS NULL OR i.to_at > moment)
GROUP BY moment ORDER BY moment"""

TIME_TO_REFILL = """\
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM cleared_at - raised_at)) AS median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM cleared_at - raised_at)) AS p90
FROM alerts WHERE store = ${store:sqlstring} AND status = 'cleared' AND $__timeFilter(cleared_at)"""

WORST_SLOTS = _with_names("""\
SELECT @name AS product, i.bay, i.slot,
       sum(EXTRACT(EPOCH FROM LEAST(COALESCE(i.to_at, now()), $__timeTo()::timestamptz)
                              - GREATEST(i.from_at, $__timeFrom()::timestamptz))) AS seconds_out,
       count(*) AS gaps
FROM state_intervals i
WHERE i.store = ${store:sqlstring} AND i.state = 'OUT' AND i.from_at < LEAST($__timeTo()::timestamptz, now())
  AND (i.to_at IS NULL OR i.to_at > $__timeFrom()::timestamptz)
GROUP BY i.store, i.bay, i.slot, i.gtin ORDER BY seconds_out DESC LIMIT 20""")

ALERTS_RAISED = _with_names("""\
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
