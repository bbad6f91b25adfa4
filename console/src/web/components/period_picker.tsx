// Chooses the period of a page.

import { useState } from 'preact/hooks';
import { PERIODS, type Period, dayOf, daysOf } from '../period.js';

export function PeriodPicker({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const [isOpen, setOpen] = useState(period.name === 'custom');
  const choose = (next: Period) => {
    setOpen(false);
    onChange(next);
  };
  return (
    <div class="period" role="group" aria-label="Period">
      {PERIODS.map(({ name, text }) => (
        <button key={name} type="button" aria-pressed={period.name === name} onClick={() => choose({ name })}>
          {text}
        </button>
      ))}
      <button
        type="button"
        aria-pressed={period.name === 'custom'}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        Other days
      </button>
      {isOpen && <Days period={period} onChange={onChange} />}
    </div>
  );
}

function Days({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const today = dayOf(Date.now());
  const { first, last } = daysOf(period, Date.now());
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const days = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = [String(days.get('from')), String(days.get('to'))].sort() as [string, string];
    onChange({ name: 'custom', from, to });
  };
  return (
    <form onSubmit={onSubmit}>
      <label>
        From <input type="date" name="from" required defaultValue={first} max={today} />
      </label>
      <label>
        to <input type="date" name="to" required defaultValue={last} max={today} />
      </label>
      <button>Show</button>
    </form>
  );
}
