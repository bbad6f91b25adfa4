// One request: what was asked, what came of it, call by call, and what may be done with it.

import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation, useParams } from 'wouter-preact';
import type { RequestDetail, RequestInFull } from '../../shared/requests.js';
import { CallTimeline, Fact } from '../components/call_timeline.js';
import { Card, Tile, Tiles } from '../components/card.js';
import { DocumentView } from '../components/document_view.js';
import { Findings } from '../components/findings.js';
import { Empty, Load } from '../components/states.js';
import { FallbackBadge, OutcomeBadge, StatusBadge } from '../components/status.js';
import { count, duration, money, time, words } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { RecordOutcome, Regenerate } from './request/actions.js';
import { RequestEvents } from './request/events.js';

const REFRESH_MS = 3_000;

export default function Request() {
  const { id } = useParams<{ id: string }>();
  useTitle('Request');
  const [isOpen, setOpen] = useState(false);
  const loaded = useApi<RequestDetail>(`/api/requests/${encodeURIComponent(id)}`, isOpen ? REFRESH_MS : undefined);
  const status = loaded.data?.request.status;
  useEffect(() => setOpen(status === 'queued' || status === 'running'), [status]);
  return (
    <>
      <p class="crumbs">
        <Link href="/requests">Requests</Link> / {id.slice(0, 8)}
      </p>
      <Load from={loaded}>{(detail) => <Detail key={id} detail={detail} onChanged={loaded.reload} />}</Load>
    </>
  );
}

function Detail({ detail, onChanged }: { detail: RequestDetail; onChanged: () => void }) {
  const { request } = detail;
  const [, go] = useLocation();
  // Beside the document when there is one; else in its place.
  const after = (
    <>
      {request.finished_at !== null && (
        <>
          <RecordOutcome request={request} onRecorded={onChanged} />
          <Regenerate request={request} onDone={(newId) => go(`/requests/${newId}`)} />
        </>
      )}
      {detail.events && <RequestEvents events={detail.events} />}
    </>
  );
  return (
    <>
      <Head request={request} />
      {request.error_message !== null && <Failure request={request} />}
      <Figures request={request} callCount={detail.calls?.length} />
      <div class="request">
        <div class="column">
          <Asked detail={detail} />
          {request.document !== null && (
            <DocumentView requestId={request.request_id} document={request.document} format={request.format} />
          )}
          {request.explanation !== null && (
            <Card title="Explanation of the model">
              <p class="prompt">{readJson(request.explanation)}</p>
            </Card>
          )}
          {request.document === null && after}
        </div>
        <div class="column">
          <Calls detail={detail} />
          {request.warnings && request.warnings.length > 0 && <Findings findings={request.warnings} />}
          {request.document !== null && after}
        </div>
      </div>
    </>
  );
}

function Calls({ detail: { request, calls, codes } }: { detail: RequestDetail }) {
  return (
    <Card title="Calls">
      {calls === null && <Empty title="Your role may not read the calls" />}
      {calls?.length === 0 && <Empty title={request.cached_from ? 'Answered without a call' : 'No call was made'} />}
      {calls && calls.length > 0 && <CallTimeline calls={calls} codes={codes} />}
    </Card>
  );
}

/// It is a JSON value as text: mostly a text, which is shown as what it says.
function readJson(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function Head({ request }: { request: RequestInFull }) {
  return (
    <div class="page-head">
      <h1>Request of {time(request.submitted_at)}</h1>
      <p class="badges">
        <StatusBadge status={request.status} />
        {request.fallback_reason && <FallbackBadge reason={request.fallback_reason} />}
        {request.outcome_succeeded !== null && <OutcomeBadge succeeded={request.outcome_succeeded} />}
      </p>
    </div>
  );
}

function Failure({ request }: { request: RequestInFull }) {
  return (
    <div class="notice error">
      <p class="message">{request.error_message}</p>
      {request.error_code && <p class="sqlstate">SQLSTATE {request.error_code}</p>}
    </div>
  );
}

function Figures({ request, callCount }: { request: RequestInFull; callCount: number | undefined }) {
  return (
    <Tiles>
      <Tile label="Cost" value={money(request.cost_usd)} note={callCount !== undefined && callsInWords(callCount)} />
      <Tile
        label="Took"
        value={duration(request.total_time_ms)}
        note={request.queue_time_ms ? `of it ${duration(request.queue_time_ms)} in the queue` : undefined}
      />
      <Tile label="Answered by" value={request.generator_used ?? 'no model'} />
      <Tile
        label="Tokens"
        value={count(request.input_tokens + request.output_tokens)}
        note={`${count(request.input_tokens)} in, ${count(request.output_tokens)} out`}
      />
      {request.items_generated !== null && (
        <Tile
          label={request.zones_generated === null ? 'Steps' : 'Stages'}
          value={count(request.items_generated)}
          note={request.zones_generated === null ? undefined : `${count(request.zones_generated)} limbo zones`}
        />
      )}
    </Tiles>
  );
}

function callsInWords(calls: number): string {
  return calls === 1 ? 'for one call' : `for ${count(calls)} calls`;
}

function Asked({ detail: { request, children } }: { detail: RequestDetail }) {
  const tags = Object.entries(request.tags);
  return (
    <Card title="Prompt">
      {request.prompt === null ? (
        <Empty title="The prompt was not stored">
          <p>llm_workflow.store_prompts was off.</p>
        </Empty>
      ) : (
        <p class="prompt" tabIndex={0}>
          {request.prompt}
        </p>
      )}
      <dl class="request-facts">
        <Fact name="Format">
          {request.format}, version {request.format_version}
        </Fact>
        <Fact name="Services">{request.services.length > 0 ? request.services.join(', ') : 'none'}</Fact>
        {request.agent && <Fact name="Agent">{request.agent}</Fact>}
        <Fact name="Role">{request.role_name}</Fact>
        {tags.map(([name, value]) => (
          <Fact key={name} name={`Tag ${name}`}>
            {typeof value === 'string' ? value : JSON.stringify(value)}
          </Fact>
        ))}
        <Fact name="Request">
          <code>{request.request_id}</code>
        </Fact>
        <RelatedFact name="Regenerates" id={request.parent_request_id} />
        <RelatedFact name="Document is that of" id={request.cached_from} />
        {children.map((child) => (
          <RelatedFact key={child.request_id} name={`Regenerated, ${words(child.status)}`} id={child.request_id} />
        ))}
      </dl>
    </Card>
  );
}

function RelatedFact({ name, id }: { name: string; id: string | null }) {
  if (id === null) return null;
  return (
    <Fact name={name}>
      <Link href={`/requests/${id}`}>
        <code>{id}</code>
      </Link>
    </Fact>
  );
}
