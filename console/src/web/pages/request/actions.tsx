// What may be done with a request that has ended: say how running its workflow went, and ask for it again.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestInFull } from '../../../shared/requests.js';
import { send } from '../../api.js';
import { Card } from '../../components/card.js';
import { TextArea, TextField } from '../../components/field.js';
import { ErrorNotice } from '../../components/states.js';
import { OutcomeBadge } from '../../components/status.js';
import { useAction, useSubmit } from '../../hooks.js';

export function RecordOutcome({ request, onRecorded }: { request: RequestInFull; onRecorded: () => void }) {
  const [note, setNote] = useState('');
  const record = useAction(async (succeeded: boolean) => {
    await send('POST', `/api/requests/${request.request_id}/outcome`, { succeeded, ...(note ? { note } : {}) });
    setNote('');
    onRecorded();
  });
  if (request.status !== 'succeeded') return null;
  const known = request.outcome_succeeded;
  return (
    <Card title="How did it run?" aside={known !== null && <OutcomeBadge succeeded={known} />}>
      <p class="quiet">Only whoever ran the workflow knows. The last word counts, and each is an event.</p>
      <TextField
        label="Note"
        help="May be left empty."
        maxLength={10000}
        value={note}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      {record.error && <ErrorNotice error={record.error} />}
      <div class="buttons">
        <button type="button" disabled={record.isBusy} onClick={() => record.run(false)}>
          It failed
        </button>
        <button type="button" disabled={record.isBusy} onClick={() => record.run(true)}>
          It succeeded
        </button>
      </div>
    </Card>
  );
}

export function Regenerate({ request, onDone }: { request: RequestInFull; onDone: (newId: string) => void }) {
  const [feedback, setFeedback] = useState('');
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const regenerate = useSubmit(async () => {
    const path = `/api/requests/${request.request_id}/regenerate`;
    const made = await send<{ request_id: string }>('POST', path, { feedback }, left.current.signal);
    onDone(made.request_id);
  });
  const obstacle = obstacleOf(request);
  return (
    <Card title="Regenerate">
      <form onSubmit={regenerate.onSubmit}>
        <TextArea
          label="What should be different?"
          help={obstacle ?? 'The model gets the document, its findings and this. It costs as much as a new request.'}
          required
          disabled={obstacle !== undefined || regenerate.isBusy}
          value={feedback}
          onInput={(event) => setFeedback(event.currentTarget.value)}
        />
        {regenerate.error && <ErrorNotice error={regenerate.error} />}
        <div class="buttons">
          {regenerate.isBusy && <span role="status">Asking the models…</span>}
          <button class="primary" disabled={obstacle !== undefined || regenerate.isBusy}>
            Regenerate
          </button>
        </div>
      </form>
    </Card>
  );
}

function obstacleOf({ may_regenerate, prompt }: RequestInFull): string | undefined {
  if (!may_regenerate) return 'Your role may not call regenerate_workflow().';
  if (prompt === null) return 'The prompt was not stored, so it cannot be asked again.';
  return undefined;
}
