// The span of time in a query string, checked, and how SQL reads the roll-ups over it.

import type { Grain, Span } from '../shared/period.js';
import { Refusal } from './errors.js';

const PATTERNS: Record<Grain, RegExp> = {
  day: /^\d{4}-\d\d-\d\d$/,
  hour: /^\d{4}-\d\d-\d\dT\d\d:00Z$/,
};

const MAX_HOURS = 14 * 24;
const MAX_DAYS = 5 * 366;

export const spanSchema = {
  type: 'object',
  required: ['grain', 'first', 'last'],
  properties: {
    grain: { enum: ['hour', 'day'] },
    first: { type: 'string', maxLength: 20 },
    last: { type: 'string', maxLength: 20 },
  },
};

export function checkSpan({ grain, first, last }: Span): Span {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  if (!PATTERNS[grain].test(first) || !PATTERNS[grain].test(last) || Number.isNaN(from) || Number.isNaN(to))
    throw new Refusal(400, `not a span of ${grain}s: ${first} to ${last}`);
  if (from > to) throw new Refusal(400, 'the span ends before it begins');
  const [length, most] = grain === 'hour' ? [(to - from) / 3_600_000, MAX_HOURS] : [(to - from) / 86_400_000, MAX_DAYS];
  if (length >= most) throw new Refusal(400, `the span is longer than ${most} ${grain}s`);
  return { grain, first, last };
}

/// The roll-ups of one facet from $1 to $2, with the beginning of the hour or day as `at`.
export function statsOf(grain: Grain, facet: 'total' | 'model' | 'agent' | 'reason'): string {
  return grain === 'hour'
    ? `(SELECT s.hour AS at, s.* FROM @extschema@.workflow_stats_hourly s
        WHERE s.facet = '${facet}' AND s.hour BETWEEN $1::timestamptz AND $2::timestamptz)`
    : `(SELECT s.day::timestamp AT TIME ZONE 'UTC' AS at, s.* FROM @extschema@.workflow_stats_daily s
        WHERE s.facet = '${facet}' AND s.day BETWEEN $1::date AND $2::date)`;
}

/// Every hour or day from $1 to $2.
export function timesOf(grain: Grain): string {
  return grain === 'hour'
    ? `generate_series($1::timestamptz, $2::timestamptz, interval '1 hour')`
    : `generate_series($1::date::timestamp AT TIME ZONE 'UTC', $2::date::timestamp AT TIME ZONE 'UTC',
                       interval '1 day')`;
}
