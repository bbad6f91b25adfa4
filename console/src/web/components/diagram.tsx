// A document as the picture that workflow_diagram() draws.
//
// The picture is shown as an image, which runs no script and loads nothing: whatever stands in a
// document, it is drawn.

import { useEffect, useState } from 'preact/hooks';
import type { Diagram as Drawn } from '../../shared/requests.js';
import { type ApiFailure, send } from '../api.js';
import { asFailure } from '../hooks.js';
import { ErrorNotice, Loading } from './states.js';

export function Diagram({ document: shown, format }: { document: object; format: string }) {
  const [drawn, setDrawn] = useState<{ mermaid: string; url: string }>();
  const [error, setError] = useState<ApiFailure>();
  const [isWhole, setWhole] = useState(false);
  const text = JSON.stringify(shown);

  useEffect(() => {
    let url = '';
    let isLeft = false;
    setDrawn(undefined);
    setError(undefined);
    send<Drawn>('POST', '/api/diagram', { document: JSON.parse(text), format })
      .then(({ mermaid, svg }) => {
        if (isLeft) return;
        url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
        setDrawn({ mermaid, url });
      })
      .catch((failure: Error) => isLeft || setError(asFailure(failure)));
    return () => {
      isLeft = true;
      URL.revokeObjectURL(url);
    };
  }, [text, format]);

  if (error) return <ErrorNotice error={error} />;
  if (!drawn) return <Loading />;
  return (
    <>
      <div class={isWhole ? 'diagram whole' : 'diagram'} tabIndex={0} role="region" aria-label="Diagram">
        <img src={drawn.url} alt="The workflow as a diagram. The tab JSON has the same as text." />
      </div>
      <div class="buttons">
        <button type="button" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
          Whole picture
        </button>
        <CopyButton label="Copy Mermaid" text={drawn.mermaid} />
        <a class="button" href={drawn.url} download="workflow.svg">
          Save as SVG
        </a>
      </div>
    </>
  );
}

const SAID_FOR_MS = 2000;

export function CopyButton({ label, text }: { label: string; text: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied'),
      () => setSaid('Not allowed'),
    );
  return (
    <button type="button" onClick={copy}>
      <span aria-live="polite">{said || label}</span>
    </button>
  );
}
