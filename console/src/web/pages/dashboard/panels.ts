// Loads the panels of the dashboard, again and again while it is seen.

import { useRef, useState } from 'preact/hooks';
import type { Panels } from '../../../shared/dashboard.js';
import { withQuery } from '../../api.js';
import { type Loaded, useApi, useRepeated } from '../../hooks.js';
import { type Period, spanOf } from '../../period.js';

export const REFRESH_MS = 10_000;

/// A panel over the period. It moves on when an hour or a day ends, and shows what it had until it has more,
/// so that nothing jumps.
export function usePanel<Name extends keyof Panels>(name: Name, period: Period): Loaded<Panels[Name][]> {
  const [now, setNow] = useState(Date.now);
  useRepeated(REFRESH_MS, () => setNow(Date.now()));
  const panel = useApi<Panels[Name][]>(withQuery(`/api/dashboard/${name}`, { ...spanOf(period, now) }), REFRESH_MS);
  const last = useRef<Panels[Name][]>();
  if (panel.data !== undefined || panel.error !== undefined) last.current = panel.data;
  return { ...panel, data: last.current };
}

export function usePanelOfNow<Name extends 'budgets' | 'endpoints' | 'work'>(name: Name): Loaded<Panels[Name][]> {
  return useApi(`/api/dashboard/${name}`, REFRESH_MS);
}
