// What narrows the list of requests.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestFilter } from '../../../shared/requests.js';
import { Select, TextField } from '../../components/field.js';

const PERIODS = [
  { value: '1', text: 'Last 24 hours' },
  { value: '7', text: 'Last 7 days' },
  { value: '30', text: 'Last 30 days' },
  { value: '90', text: 'Last 90 days' },
  { value: 'all', text: 'All' },
];

const STATUSES = [
  { value: '', text: 'Any status' },
  ...['succeeded', 'failed', 'cancelled', 'running', 'queued'].map((value) => ({ value, text: value })),
];

const FALLBACKS = [
  { value: '', text: 'With or without' },
  { value: 'only', text: 'Only with fallback' },
];

const FURTHER = ['model', 'format', 'agent', 'role', 'fallback'] as const;

const TYPING_MS = 400;

export function RequestFilters({
  filter,
  onChange,
}: {
  filter: RequestFilter;
  onChange: (changed: RequestFilter) => void;
}) {
  const used = FURTHER.filter((name) => filter[name]).length;
  return (
    <form class="filters" role="search" aria-label="Requests" onSubmit={(event) => event.preventDefault()}>
      <div class="filter-row">
        <TypedFilter label="Search in prompts" type="search" name="search" filter={filter} onChange={onChange} />
        <Select
          label="Period"
          options={PERIODS}
          value={filter.days ?? ''}
          onChange={(event) => onChange({ days: event.currentTarget.value })}
        />
        <Select
          label="Status"
          options={STATUSES}
          value={filter.status ?? ''}
          onChange={(event) => onChange({ status: event.currentTarget.value })}
        />
      </div>
      <details open={used > 0}>
        <summary>More filters{used > 0 && ` (${used})`}</summary>
        <div class="filter-row">
          <TypedFilter label="Answered by" name="model" filter={filter} onChange={onChange} />
          <TypedFilter label="Format" name="format" filter={filter} onChange={onChange} />
          <TypedFilter label="Agent" name="agent" filter={filter} onChange={onChange} />
          <TypedFilter label="Role" name="role" filter={filter} onChange={onChange} />
          <Select
            label="Fallback"
            options={FALLBACKS}
            value={filter.fallback ?? ''}
            onChange={(event) => onChange({ fallback: event.currentTarget.value })}
          />
        </div>
      </details>
    </form>
  );
}

/// Takes effect a moment after the last key, and at once by Enter.
function TypedFilter({
  label,
  name,
  type = 'text',
  filter,
  onChange,
}: {
  label: string;
  name: keyof RequestFilter;
  type?: 'text' | 'search';
  filter: RequestFilter;
  onChange: (changed: RequestFilter) => void;
}) {
  const inForce = filter[name] ?? '';
  const [typed, setTyped] = useState(inForce);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => setTyped(inForce), [inForce]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = (value: string) => {
    clearTimeout(timer.current);
    if (value !== inForce) onChange({ [name]: value });
  };
  return (
    <TextField
      label={label}
      type={type}
      maxLength={200}
      value={typed}
      onInput={({ currentTarget: { value } }) => {
        setTyped(value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => apply(value), TYPING_MS);
      }}
      onKeyDown={(event) => event.key === 'Enter' && apply(event.currentTarget.value)}
    />
  );
}
