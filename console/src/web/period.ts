// The period that the address of a page asks for: ?period=7d, or ?from=2025-11-01&to=2025-11-30. It is kept
// there, so that a link leads to what was seen.

import { useLocation, useSearch } from 'wouter-preact';
import type { Day } from '../shared/api.js';
import type { Span } from '../shared/period.js';

export const PERIODS = [
  { name: '24h', text: '24 hours' },
  { name: '7d', text: '7 days' },
  { name: '30d', text: '30 days' },
  { name: '90d', text: '90 days' },
] as const;

export type PeriodName = (typeof PERIODS)[number]['name'];

export type Period = { readonly name: PeriodName } | { readonly name: 'custom'; readonly from: Day; readonly to: Day };

const DEFAULT: Period = { name: '7d' };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAY_PATTERN = /^\d{4}-\d\d-\d\d$/;

export function parsePeriod(search: string): Period {
  const query = new URLSearchParams(search);
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  if (DAY_PATTERN.test(from) && DAY_PATTERN.test(to) && from <= to) return { name: 'custom', from, to };
  const known = PERIODS.find(({ name }) => name === query.get('period'));
  return known ? { name: known.name } : DEFAULT;
}

export function toSearch(period: Period): string {
  return period.name === 'custom' ? `from=${period.from}&to=${period.to}` : `period=${period.name}`;
}

/// The hours or days of a period: the present one is the last.
export function spanOf(period: Period, now: number): Span {
  if (period.name === 'custom') return { grain: 'day', first: period.from, last: period.to };
  if (period.name === '24h') return { grain: 'hour', first: hourOf(now - 23 * HOUR_MS), last: hourOf(now) };
  const days = Number.parseInt(period.name, 10);
  return { grain: 'day', first: dayOf(now - (days - 1) * DAY_MS), last: dayOf(now) };
}

/// The days in UTC that a period touches, for views that know no hours.
export function daysOf(period: Period, now: number): Span {
  const { first, last } = spanOf(period, now);
  return { grain: 'day', first: first.slice(0, 10), last: last.slice(0, 10) };
}

export function dayOf(time: number): Day {
  return new Date(time).toISOString().slice(0, 10);
}

function hourOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 13)}:00Z`;
}

/// The period of the address, and how to change it.
export function usePeriod(): [Period, (period: Period) => void] {
  const [path, navigate] = useLocation();
  const search = useSearch();
  return [parsePeriod(search), (period) => navigate(`${path}?${toSearch(period)}`, { replace: true })];
}
