// Who is signed in, for pages that say or need it.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SessionInfo } from '../shared/api.js';

export const SessionContext = createContext<SessionInfo | undefined>(undefined);

export function useSession(): SessionInfo {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('nobody is signed in');
  return session;
}
