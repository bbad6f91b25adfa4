// The events of a request, in order.

import type { RequestEvent } from '../../../shared/requests.js';
import { Badge, Card } from '../../components/card.js';
import { time, words } from '../../format.js';

const TONES = { info: 'quiet', warning: 'warn', error: 'bad' } as const;

export function RequestEvents({ events }: { events: readonly RequestEvent[] }) {
  if (events.length === 0) return null;
  return (
    <Card title="Events" aside={<span class="quiet">audit_logs</span>}>
      <ol class="events">
        {events.map((event) => (
          <li key={event.event_id}>
            <p>
              <Badge tone={TONES[event.severity]}>{words(event.action).toLowerCase()}</Badge>{' '}
              <span class="quiet">
                {time(event.timestamp)} · {event.actor}
              </span>
            </p>
            <p class="event-details">{detailsInWords(event.details)}</p>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function detailsInWords(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${words(name)}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' · ');
}
