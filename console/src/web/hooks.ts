// Hooks that load and change things.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure, get } from './api.js';

export interface Loaded<Result> {
  /// The latest answer for the path; it stays while a newer one is on its way or failed.
  readonly data: Result | undefined;
  readonly error: ApiFailure | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/// Loads `path`, anew when it changes, and every `every` milliseconds while the page is seen. An answer
/// for another path is not shown. `path` undefined: nothing to load yet.
export function useApi<Result>(path: string | undefined, every?: number): Loaded<Result> {
  const [state, setState] = useState<{ path?: string; data?: Result; error?: ApiFailure }>({});
  const [isLoading, setLoading] = useState(path !== undefined);
  const [round, setRound] = useState(0);
  const isRefresh = useRef(false);
  const reload = useCallback(() => setRound((last) => last + 1), []);

  useEffect(() => {
    if (path === undefined) return;
    const controller = new AbortController();
    setLoading(true);
    get<Result>(path, { signal: controller.signal, refresh: isRefresh.current })
      .then((data) => setState({ path, data }))
      .catch((error: Error) => {
        if (controller.signal.aborted) return;
        setState((last) => ({ ...(last.path === path ? last : { path }), error: asFailure(error) }));
      })
      .finally(() => controller.signal.aborted || setLoading(false));
    isRefresh.current = false;
    return () => controller.abort();
  }, [path, round]);

  // A slow answer is waited for: asking anew would throw it away, again and again.
  useRepeated(path === undefined ? undefined : every, () => {
    if (isLoading) return;
    isRefresh.current = true;
    reload();
  });
  const isOfPath = state.path === path;
  return { data: isOfPath ? state.data : undefined, error: isOfPath ? state.error : undefined, isLoading, reload };
}

/// Calls `action` every so many milliseconds while the page is seen, and at once when it is seen again.
export function useRepeated(every: number | undefined, action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    if (every === undefined) return;
    let last = Date.now();
    const act = () => {
      last = Date.now();
      latest.current();
    };
    const timer = setInterval(() => document.hidden || act(), every);
    const onSeen = () => document.hidden || Date.now() - last < every || act();
    document.addEventListener('visibilitychange', onSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [every]);
}

export interface Action<Arguments extends unknown[]> {
  readonly run: (...values: Arguments) => Promise<boolean>;
  readonly isBusy: boolean;
  readonly error: ApiFailure | undefined;
  readonly clearError: () => void;
}

/// What a button does: one at a time, its error kept to be shown. `run` says whether it went well.
export function useAction<Arguments extends unknown[]>(
  work: (...values: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiFailure>();
  const busy = useRef(false);
  const run = async (...values: Arguments) => {
    if (busy.current) return false;
    busy.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await work(...values);
      return true;
    } catch (failure) {
      setError(asFailure(failure as Error));
      return false;
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };
  return { run, isBusy, error, clearError: () => setError(undefined) };
}

/// The same for a form, which does it when it is submitted.
export function useSubmit(work: () => Promise<unknown>): Action<[]> & { readonly onSubmit: (event: Event) => void } {
  const action = useAction(work);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void action.run();
  };
  return { ...action, onSubmit };
}

export function asFailure(error: Error): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(0, { message: error.message });
}

/// The title of the page, in the tab and for screen readers.
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · llm_workflow`;
  }, [title]);
}
