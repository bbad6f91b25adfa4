// What a request would ask of each model, and what that can cost at most, before it is sent.

import { useEffect, useState } from 'preact/hooks';
import type { GenerateForm, Preview, PreviewRow } from '../../../shared/generate.js';
import { type ApiFailure, send } from '../../api.js';
import { Badge } from '../../components/card.js';
import { Empty, ErrorNotice } from '../../components/states.js';
import { count, money, moneyAtMost } from '../../format.js';
import { asFailure } from '../../hooks.js';

const TYPING_MS = 500;

export function CostPreview({ form }: { form: GenerateForm }) {
  const { preview, error, isStale } = usePreview(form);
  if (form.prompt.trim() === '')
    return (
      <Empty title="Nothing to count yet">
        <p>Write a prompt to see its tokens, and what it can cost.</p>
      </Empty>
    );
  return (
    <div class={isStale ? 'preview stale' : 'preview'} aria-busy={isStale}>
      {error && <ErrorNotice error={error} />}
      {preview && <PreviewFigures preview={preview} />}
      {!preview && !error && (
        <p class="loading" role="status">
          Counting…
        </p>
      )}
    </div>
  );
}

/// Counted a moment after the last change. An answer for an earlier form is thrown away.
function usePreview(form: GenerateForm) {
  const [state, setState] = useState<{ text?: string; preview?: Preview; error?: ApiFailure }>({});
  const text = JSON.stringify(form);
  useEffect(() => {
    if (form.prompt.trim() === '') return setState({});
    let isLeft = false;
    const timer = setTimeout(() => {
      send<Preview>('POST', '/api/generate/preview', JSON.parse(text))
        .then((preview) => isLeft || setState({ text, preview }))
        .catch((error: Error) => isLeft || setState({ text, error: asFailure(error) }));
    }, TYPING_MS);
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [text]);
  return { ...state, isStale: state.text !== text };
}

function PreviewFigures({ preview: { models, all_models_usd: all, limit_usd: limit } }: { preview: Preview }) {
  return (
    <>
      <ol class="preview-models">
        {models.map((row, n) => (
          <ModelPreview key={row.model} row={row} isFirst={n === 0} />
        ))}
      </ol>
      {models.length > 1 && (
        <p class="preview-total">
          <span>Each asked once</span>
          <strong>{all === null ? 'not known' : moneyAtMost(all)}</strong>
        </p>
      )}
      <p class="quiet">
        {limit === null
          ? 'Retries, repairs and the parts of a large document are calls of their own. '
          : `The request stops before it costs more than ${money(limit)} (llm_workflow.max_request_cost). `}
        Mostly it costs far less: an answer seldom has as many tokens as it may.
      </p>
    </>
  );
}

function ModelPreview({ row, isFirst }: { row: PreviewRow; isFirst: boolean }) {
  return (
    <li class={row.obstacle === null ? undefined : 'skipped'}>
      <p class="preview-head">
        <span>
          <strong>{row.model}</strong> <span class="quiet">{isFirst ? 'asked first' : 'if that fails'}</span>
        </span>
        {row.obstacle === null && (
          <strong>{row.worst_case_cost_usd === null ? 'price unknown' : moneyAtMost(row.worst_case_cost_usd)}</strong>
        )}
      </p>
      {row.obstacle === null ? (
        <p class="quiet">
          {row.input_exact ? '' : 'about '}
          {count(row.input_tokens)} tokens in, at most {count(row.answer_tokens)} out
        </p>
      ) : (
        <p>
          <Badge tone="warn">not asked</Badge> <span class="quiet">{row.obstacle}</span>
        </p>
      )}
    </li>
  );
}
