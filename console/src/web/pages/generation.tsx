// A request that was sent: what happens now, and what came of it.

import { useState } from 'preact/hooks';
import { Link, useParams } from 'wouter-preact';
import type { GenerationState, Result } from '../../shared/generate.js';
import type { Progress } from '../../shared/requests.js';
import { send } from '../api.js';
import { CallTimeline } from '../components/call_timeline.js';
import { Card, Tile, Tiles } from '../components/card.js';
import { ConfirmButton } from '../components/confirm.js';
import { DocumentView, Raw } from '../components/document_view.js';
import { Findings } from '../components/findings.js';
import { ErrorNotice, Load } from '../components/states.js';
import { FallbackBadge, StatusBadge } from '../components/status.js';
import { stateInWords } from '../components/under_way.js';
import { count, duration, money, moneyAtMost } from '../format.js';
import { useApi, useTitle } from '../hooks.js';

const REFRESH_MS = 1_000;

export default function Generation() {
  const { id } = useParams<{ id: string }>();
  useTitle('Generation');
  const [hasEnded, setEnded] = useState(false);
  const path = `/api/generate/${encodeURIComponent(id)}`;
  const loaded = useApi<GenerationState>(path, hasEnded ? undefined : REFRESH_MS);
  if (loaded.data?.result && !hasEnded) setEnded(true);
  return (
    <>
      <p class="crumbs">
        <Link href="/generate">Generate</Link> / {id.slice(0, 8)}
      </p>
      <Load from={loaded}>
        {({ progress, result, calls, codes }) => (
          <>
            {progress && <UnderWayNow progress={progress} onCancelled={loaded.reload} />}
            {result && <Ended id={id} result={result} mayOpen={calls !== null} />}
            {!progress && !result && <Settling />}
            {calls && calls.length > 0 && (
              <Card title="Calls">
                <CallTimeline calls={calls} codes={codes} />
              </Card>
            )}
          </>
        )}
      </Load>
    </>
  );
}

/// Between the end of the work and its row in the ledger, and before a worker has begun.
function Settling() {
  return (
    <Card title="In a moment">
      <p role="status">The request is being handed over.</p>
    </Card>
  );
}

function UnderWayNow({ progress, onCancelled }: { progress: Progress; onCancelled: () => void }) {
  const cancel = async () => {
    await send('DELETE', `/api/generate/${progress.request_id}`);
    onCancelled();
  };
  const words = stateInWords(progress);
  return (
    <>
      <div class="page-head">
        <h1>Generating</h1>
        <ConfirmButton
          label="Cancel"
          title="Cancel this request?"
          confirm="Cancel the request"
          isDanger
          onConfirm={cancel}
        >
          <p>What is on the wire is broken off. The provider may bill it all the same; it is on record.</p>
        </ConfirmButton>
      </div>
      <Card title={words.charAt(0).toUpperCase() + words.slice(1)}>
        <progress class="busy" aria-label={words} />
        <p class="visually-hidden" role="status">
          {words}
        </p>
        <Tiles>
          <Tile
            label="Under way for"
            value={duration(progress.elapsed_ms)}
            note={progress.call_elapsed_ms !== null && `this call for ${duration(progress.call_elapsed_ms)}`}
          />
          <Tile label="Call" value={progress.attempt === 0 ? 'none yet' : `number ${progress.attempt}`} />
          <Tile
            label="Cost so far"
            value={money(progress.cost_usd)}
            note={
              progress.calls_in_flight > 0 &&
              (progress.worst_case_cost_usd === null
                ? 'what is on the wire has no known price'
                : `and ${moneyAtMost(progress.worst_case_cost_usd)} on the wire`)
            }
          />
        </Tiles>
      </Card>
    </>
  );
}

/// With which error a job ends that was cancelled.
const CANCELLED = '57014';

function Ended({ id, result, mayOpen }: { id: string; result: Result; mayOpen: boolean }) {
  const status = result.error === undefined ? 'succeeded' : result.error.code === CANCELLED ? 'cancelled' : 'failed';
  const title = { succeeded: 'Generated', cancelled: 'Cancelled', failed: 'Failed' }[status];
  return (
    <>
      <div class="page-head">
        <div>
          <h1>{title}</h1>
          <p class="visually-hidden" role="status">
            {title}
          </p>
          <p class="badges">
            <StatusBadge status={status} />
            {result.fallback_reason && <FallbackBadge reason={result.fallback_reason} />}
          </p>
        </div>
        <div class="buttons">
          {mayOpen && (
            <Link class="button" href={`/requests/${id}`}>
              Open the request
            </Link>
          )}
          <Link class="button primary" href="/generate">
            Generate another
          </Link>
        </div>
      </div>
      {result.error && <ErrorNotice error={{ ...result.error, sqlstate: result.error.code }} />}
      <ResultFigures result={result} />
      {result.error === undefined ? (
        <DocumentView requestId={id} document={documentOf(result)} format={result.format} />
      ) : (
        <Card title="Raw result">
          <Raw requestId={id} />
        </Card>
      )}
      {result.warnings.length > 0 && <Findings findings={result.warnings} />}
    </>
  );
}

function ResultFigures({ result }: { result: Result }) {
  const { input, output, total } = result.tokens_used;
  return (
    <Tiles>
      <Tile label="Cost" value={money(result.cost_usd)} note={result.cached && 'it was in the ledger'} />
      <Tile label="Took" value={duration(result.generation_time_ms)} />
      <Tile label="Answered by" value={result.generator_used ?? 'no model'} />
      <Tile label="Tokens" value={count(total)} note={`${count(input)} in, ${count(output)} out`} />
      <Tile label="Warnings" value={count(result.warnings.length)} />
    </Tiles>
  );
}

const RESULT_KEYS = new Set([
  'request_id',
  'format',
  'generator_used',
  'validation_passed',
  'generation_time_ms',
  'tokens_used',
  'cost_usd',
  'warnings',
  'fallback_reason',
  'cached',
  'explanation',
]);

/// The document's own keys stand among those of the result.
function documentOf(result: Result): object {
  return Object.fromEntries(Object.entries(result).filter(([key]) => !RESULT_KEYS.has(key)));
}
