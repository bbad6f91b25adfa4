// A document as a diagram, as JSON, and the whole result that it came in.

import type { RawResult } from '../../shared/requests.js';
import { useApi } from '../hooks.js';
import { Card } from './card.js';
import { CopyButton, Diagram } from './diagram.js';
import { Empty, Load } from './states.js';
import { Tabs } from './tabs.js';

interface Props {
  readonly requestId: string;
  readonly document: object;
  readonly format: string;
}

export function DocumentView({ requestId, document, format }: Props) {
  return (
    <Card title="Document">
      <Tabs
        label="Views of the document"
        tabs={[
          { title: 'Diagram', view: () => <Diagram document={document} format={format} /> },
          { title: 'JSON', view: () => <Json text={JSON.stringify(document, null, 2)} /> },
          { title: 'Raw result', view: () => <Raw requestId={requestId} /> },
        ]}
      />
    </Card>
  );
}

/// For the role that made the request, and for those that may read workflow_requests.
export function Raw({ requestId }: { requestId: string }) {
  const loaded = useApi<RawResult>(`/api/requests/${requestId}/result`);
  return (
    <Load from={loaded}>
      {({ result }) => (result === null ? <Empty title="It has not ended yet" /> : <Json text={result} />)}
    </Load>
  );
}

function Json({ text }: { text: string }) {
  return (
    <>
      <pre class="json" tabIndex={0}>
        {text}
      </pre>
      <div class="buttons">
        <CopyButton label="Copy" text={text} />
      </div>
    </>
  );
}
