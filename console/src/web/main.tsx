// The browser's part: signed in or not, and which page.

import { render } from 'preact';
import { Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { Route, Switch } from 'wouter-preact';
import type { SessionInfo } from '../shared/api.js';
import { type ApiFailure, get, setCsrfToken, whenSignedOut } from './api.js';
import { ErrorNotice, Loading } from './components/states.js';
import { Layout } from './components/layout.js';
import { asFailure } from './hooks.js';
import { NotFound } from './pages/not_found.js';
import { SignIn } from './pages/sign_in.js';
import { PAGES } from './router.js';
import { SessionContext } from './session.js';
import { applyTheme, storedTheme } from './theme.js';

type State =
  | { name: 'starting' }
  | { name: 'signed out'; hasEnded: boolean }
  | { name: 'signed in'; session: SessionInfo }
  | { name: 'failed'; error: ApiFailure };

function App() {
  const [state, setState] = useState<State>({ name: 'starting' });
  const signIn = (session: SessionInfo) => {
    setCsrfToken(session.csrfToken);
    setState({ name: 'signed in', session });
  };

  useEffect(() => {
    whenSignedOut(() =>
      setState((last) => ({ name: 'signed out', hasEnded: last.name === 'signed in' })),
    );
    get<SessionInfo | null>('/api/session')
      .then((session) => (session ? signIn(session) : setState({ name: 'signed out', hasEnded: false })))
      .catch((error: Error) => setState({ name: 'failed', error: asFailure(error) }));
  }, []);

  switch (state.name) {
    case 'starting':
      return <Loading />;
    case 'failed':
      return <ErrorNotice error={state.error} />;
    case 'signed out':
      return <SignIn hasEnded={state.hasEnded} onSignedIn={signIn} />;
    case 'signed in':
      return (
        <SessionContext.Provider value={state.session}>
          <Layout onSignedOut={() => setState({ name: 'signed out', hasEnded: false })}>
            <Suspense fallback={<Loading />}>
              <Switch>
                {PAGES.map(({ path, view: View }) => (
                  <Route key={path} path={path}>
                    <View />
                  </Route>
                ))}
                <Route>
                  <NotFound />
                </Route>
              </Switch>
            </Suspense>
          </Layout>
        </SessionContext.Provider>
      );
  }
}

applyTheme(storedTheme());
render(<App />, document.getElementById('app')!);
