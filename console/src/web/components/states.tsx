// What a page shows when it has no rows to show: it loads, it failed, there is nothing yet.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../../shared/api.js';
import { type Loaded, useApi } from '../hooks.js';

export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}

/// An error in PostgreSQL's words: message, detail, hint and SQLSTATE.
export function ErrorNotice({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  return (
    <div class="notice error" role="alert">
      <p class="message">{error.message}</p>
      {error.detail && <p>{error.detail}</p>}
      {error.hint && <p>{error.hint}</p>}
      {error.sqlstate && <p class="sqlstate">SQLSTATE {error.sqlstate}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/// Says that there is nothing, and in `children` what to do about it.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="message">{title}</p>
      {children}
    </div>
  );
}

/// Shows what was loaded. What is there stays when a refresh fails, with the error above it.
export function Load<Result>({
  from,
  children,
}: {
  from: Loaded<Result>;
  children: (data: Result) => ComponentChildren;
}) {
  return (
    <>
      {from.error && <ErrorNotice error={from.error} onRetry={from.reload} />}
      {from.data !== undefined ? children(from.data) : !from.error && <Loading />}
    </>
  );
}

/// The same of what reads the ledger itself, which takes seconds where it is large: only when it is asked for.
export function LoadWhenAsked<Result>({
  path,
  children,
}: {
  path: string;
  children: (data: Result) => ComponentChildren;
}) {
  const [isAsked, setAsked] = useState(false);
  const loaded = useApi<Result>(isAsked ? path : undefined);
  if (isAsked) return <Load from={loaded}>{children}</Load>;
  return (
    <button type="button" onClick={() => setAsked(true)}>
      Read the ledger
    </button>
  );
}
