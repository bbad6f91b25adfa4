// Rows that come by pages, newest first: the first page, and older ones when they are asked for.

import { useState } from 'preact/hooks';
import { type ApiFailure, get } from './api.js';
import { type Loaded, useAction, useApi } from './hooks.js';

interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly older: string | null;
}

export interface LoadedPages<Row> extends Loaded<readonly Row[]> {
  readonly hasOlder: boolean;
  readonly loadOlder: () => void;
  readonly isLoadingOlder: boolean;
  readonly olderError: ApiFailure | undefined;
}

/// `path` gives the first page; with the parameter `older` of a page it gives the one after that.
export function usePages<Row>(path: string): LoadedPages<Row> {
  const first = useApi<PageOf<Row>>(path);
  // Further pages belong to the first page that they follow: a newer one begins anew.
  const [further, setFurther] = useState<{ first?: PageOf<Row> | undefined; pages: PageOf<Row>[] }>({ pages: [] });
  const pages = first.data === undefined ? [] : [first.data, ...(further.first === first.data ? further.pages : [])];
  const older = pages.at(-1)?.older ?? null;
  const action = useAction(async () => {
    const page = await get<PageOf<Row>>(`${path}${path.includes('?') ? '&' : '?'}older=${encodeURIComponent(older!)}`);
    setFurther({ first: first.data, pages: [...pages.slice(1), page] });
  });
  return {
    data: first.data && pages.flatMap((page) => page.rows),
    error: first.error,
    isLoading: first.isLoading,
    reload: first.reload,
    hasOlder: older !== null,
    loadOlder: () => void action.run(),
    isLoadingOlder: action.isBusy,
    olderError: action.error,
  };
}
