// Signing in with a role of the database.

import { useRef } from 'preact/hooks';
import type { ServerInfo, SessionInfo } from '../../shared/api.js';
import { send } from '../api.js';
import { TextField } from '../components/field.js';
import { ErrorNotice } from '../components/states.js';
import { useApi, useSubmit, useTitle } from '../hooks.js';

interface Props {
  /// There was a session, and it ended by itself.
  readonly hasEnded: boolean;
  readonly onSignedIn: (session: SessionInfo) => void;
}

export function SignIn({ hasEnded, onSignedIn }: Props) {
  useTitle('Sign in');
  const server = useApi<ServerInfo>('/api/server');
  const form = useRef<HTMLFormElement>(null);
  const signIn = useSubmit(async () => {
    const values = Object.fromEntries(new FormData(form.current!));
    onSignedIn(await send<SessionInfo>('POST', '/api/session', values));
  });
  return (
    <main class="sign-in">
      <form class="card" ref={form} onSubmit={signIn.onSubmit}>
        <h1>llm_workflow</h1>
        <p>
          Sign in with a role of the database{server.data && <> at {server.data.host}</>}. You see and do what it may.
        </p>
        {hasEnded && !signIn.error && (
          <p class="notice" role="status">
            Your session has ended. Sign in again.
          </p>
        )}
        {signIn.error && <ErrorNotice error={signIn.error} />}
        <TextField label="Role" name="user" required maxLength={63} autoComplete="username" autoFocus />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" />
        <TextField
          label="Database"
          name="database"
          maxLength={63}
          placeholder={server.data?.database ?? 'as the role'}
          help="Empty: the one in grey."
        />
        <button class="primary" disabled={signIn.isBusy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
