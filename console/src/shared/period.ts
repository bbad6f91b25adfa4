// The span of time that a page shows: whole days or whole hours, in UTC, as the roll-ups count them.

import type { Day, Timestamp } from './api.js';

export type Grain = 'hour' | 'day';

/// From the beginning of the first hour or day to the end of the last one.
export interface Span {
  readonly grain: Grain;
  readonly first: Day | Timestamp;
  readonly last: Day | Timestamp;
}
