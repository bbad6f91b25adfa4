// Figures and times as people read them. Money comes as exact text and is only rounded here, to be shown.

import type { Day, Decimal, Timestamp } from '../shared/api.js';

type Figure = Decimal | number | null | undefined;

/// Shown for what is not known; a screen reader says the word of <Value>.
export const UNKNOWN = '–';

/// $1,234.50; below a dollar with three digits that tell something: $0.0123, $0.000123.
export function money(value: Figure): string {
  return roundedMoney(value, 'halfExpand');
}

/// A bound, never rounded below what it is: ≤ $0.182 for 0.181122.
export function moneyAtMost(value: Figure): string {
  return `≤ ${roundedMoney(value, 'ceil')}`;
}

/// What is known of a cost, and of how much it is not: $1.20 and 3 of unknown price.
export function moneyKnown(value: Figure, unpriced: number): string {
  return unpriced > 0 ? `${money(value)} and ${count(unpriced)} of unknown price` : money(value);
}

function roundedMoney(value: Figure, roundingMode: 'halfExpand' | 'ceil'): string {
  if (value === null || value === undefined) return UNKNOWN;
  const amount = Number(value);
  const magnitude = amount === 0 ? 0 : Math.floor(Math.log10(Math.abs(amount)));
  return amount.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: Math.min(12, Math.max(2, 2 - magnitude)),
    roundingMode,
  });
}

export function count(value: Figure): string {
  return value === null || value === undefined ? UNKNOWN : Number(value).toLocaleString('en-US');
}

/// 1,234 or 1.2M: for tiles and axes.
export function shortCount(value: Figure): string {
  if (value === null || value === undefined) return UNKNOWN;
  return Number(value).toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}

export function percent(value: Figure): string {
  if (value === null || value === undefined) return UNKNOWN;
  return `${Number(value).toLocaleString('en-US', { maximumFractionDigits: 2 })} %`;
}

/// 85 ms, 1.5 s, 2 min 5 s, 3 h 4 min.
export function duration(milliseconds: Figure): string {
  if (milliseconds === null || milliseconds === undefined) return UNKNOWN;
  const ms = Number(milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toLocaleString('en-US', { maximumFractionDigits: 1 })} s`;
  const minutes = Math.floor(Math.round(ms / 1000) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(ms / 1000) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function parseTime(value: Timestamp): Date {
  return new Date(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}

/// In the zone of whoever looks: 4 Nov 2025, 12:03:00.
export function time(value: Timestamp | null | undefined): string {
  if (!value) return UNKNOWN;
  return parseTime(value).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

/// A day in UTC: 4 Nov 2025.
export function day(value: Day | null | undefined): string {
  if (!value) return UNKNOWN;
  return new Date(`${value}T00:00:00Z`).toLocaleDateString('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
}

/// rate_limited: rate limited.
export function words(value: string | null | undefined): string {
  return value ? value.replaceAll('_', ' ') : UNKNOWN;
}
