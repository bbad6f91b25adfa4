// Requests: what is under way, and all that were, newest first, narrowed by what is looked for.

import { useEffect, useRef } from 'preact/hooks';
import { Link, useSearchParams } from 'wouter-preact';
import type { Progress, RequestFilter, RequestRow } from '../../shared/requests.js';
import { withQuery } from '../api.js';
import { Card } from '../components/card.js';
import { Empty, ErrorNotice, Load } from '../components/states.js';
import { FallbackBadge, OutcomeBadge, StatusBadge } from '../components/status.js';
import { UnderWay } from '../components/under_way.js';
import { UNKNOWN, duration, money, time } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { usePages } from '../pages_of_rows.js';
import { RequestFilters } from './requests/filters.js';

const UNDER_WAY_REFRESH_MS = 3_000;
const DEFAULT_DAYS = '30';

export default function Requests() {
  useTitle('Requests');
  const [params, setParams] = useSearchParams();
  const filter: RequestFilter = { days: DEFAULT_DAYS, ...Object.fromEntries(params) };
  const setFilter = (changed: RequestFilter) =>
    setParams(withoutDefaults({ ...filter, ...changed }), { replace: true });
  const path = withQuery('/api/requests', { ...filter, days: filter.days === 'all' ? undefined : filter.days });
  const list = usePages<RequestRow>(path);
  const underWay = useApi<Progress[]>('/api/requests/under-way', UNDER_WAY_REFRESH_MS);
  useReloadWhenOneEnds(underWay.data, list.reload);
  return (
    <>
      <div class="page-head">
        <h1>Requests</h1>
        <Link class="button primary" href="/generate">
          Generate
        </Link>
      </div>
      {underWay.data && underWay.data.length > 0 && <UnderWay rows={underWay.data} />}
      <RequestFilters filter={filter} onChange={setFilter} />
      <Card title="All requests" aside={<ReloadButton isLoading={list.isLoading} onClick={list.reload} />}>
        <Load from={list}>
          {(rows) => (rows.length > 0 ? <RequestTable rows={rows} /> : <NothingFound filter={filter} />)}
        </Load>
        {list.olderError && <ErrorNotice error={list.olderError} onRetry={list.loadOlder} />}
        {list.hasOlder && (
          <div class="buttons centred">
            <button type="button" onClick={list.loadOlder} disabled={list.isLoadingOlder}>
              Show older ones
            </button>
          </div>
        )}
      </Card>
    </>
  );
}

function ReloadButton({ isLoading, onClick }: { isLoading: boolean; onClick: () => void }) {
  return (
    <button type="button" onClick={onClick} disabled={isLoading}>
      Refresh
    </button>
  );
}

/// The address holds what differs from the page as it opens.
function withoutDefaults(filter: RequestFilter): Record<string, string> {
  const kept = Object.entries(filter).filter(([name, value]) => value && !(name === 'days' && value === DEFAULT_DAYS));
  return Object.fromEntries(kept);
}

/// A request that is no longer under way has come to the list.
function useReloadWhenOneEnds(rows: readonly Progress[] | undefined, reload: () => void): void {
  const known = useRef<readonly string[]>([]);
  useEffect(() => {
    if (rows === undefined) return;
    const now = rows.map((row) => row.request_id);
    if (known.current.some((id) => !now.includes(id))) reload();
    known.current = now;
  }, [rows, reload]);
}

function RequestTable({ rows }: { rows: readonly RequestRow[] }) {
  return (
    <table class="request-table">
      <caption class="visually-hidden">Requests, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Request</th>
          <th scope="col">Status</th>
          <th scope="col">Model</th>
          <th scope="col" class="figure">
            Cost
          </th>
          <th scope="col" class="figure">
            Took
          </th>
          <th scope="col" class="figure">
            Submitted
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <RequestLine key={row.request_id} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function RequestLine({ row }: { row: RequestRow }) {
  return (
    <tr>
      <td class="request-prompt">
        <Link href={`/requests/${row.request_id}`}>{row.prompt?.trim() || 'Prompt not stored'}</Link>
        <span class="quiet">{[row.role_name, row.format, row.agent].filter(Boolean).join(' · ')}</span>
      </td>
      <td class="badges">
        <StatusBadge status={row.status} />
        {row.fallback_reason && <FallbackBadge reason={row.fallback_reason} />}
        {row.outcome_succeeded !== null && <OutcomeBadge succeeded={row.outcome_succeeded} />}
      </td>
      <td class="request-model">
        {row.generator_used ?? <span class="quiet">{row.error_code ?? UNKNOWN}</span>}
        {row.is_cached && <span class="quiet"> from the ledger</span>}
        {row.is_regenerated && <span class="quiet"> regenerated</span>}
      </td>
      <td class="figure">{money(row.cost_usd)}</td>
      <td class="figure">{duration(row.total_time_ms)}</td>
      <td class="figure">{time(row.submitted_at)}</td>
    </tr>
  );
}

function NothingFound({ filter }: { filter: RequestFilter }) {
  const isNarrow = Object.keys(withoutDefaults(filter)).length > 0;
  if (isNarrow)
    return (
      <Empty title="No request is like this">
        <p>
          Look for something else, or <Link href="/requests">show all of the last {DEFAULT_DAYS} days</Link>.
        </p>
      </Empty>
    );
  return (
    <Empty title={`No request in the last ${DEFAULT_DAYS} days`}>
      <p>
        <Link href="/generate">Generate a workflow</Link>, or choose a longer period.
      </p>
    </Empty>
  );
}
