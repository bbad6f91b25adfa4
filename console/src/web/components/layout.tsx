// The frame of every page: navigation, who is signed in, light or dark.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { send } from '../api.js';
import { useAction } from '../hooks.js';
import { PAGES } from '../router.js';
import { useSession } from '../session.js';
import { applyTheme, nextTheme, storedTheme } from '../theme.js';
import { ErrorNotice } from './states.js';

export function Layout({ onSignedOut, children }: { onSignedOut: () => void; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(main);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        <span class="brand">llm_workflow</span>
        <Navigation />
        <User onSignedOut={onSignedOut} />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/// A new page begins where a screen reader and the keyboard begin to read it.
function useFocusOnNewPage(main: { current: HTMLElement | null }): void {
  const [path] = useLocation();
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [path]);
}

function Navigation() {
  const [path] = useLocation();
  const nav = useRef<HTMLElement>(null);
  // On a phone not all links have room: the page that is open is among those that are seen.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [path]);
  return (
    <nav aria-label="Pages" ref={nav}>
      {PAGES.filter(({ label }) => label !== undefined).map((page) => (
        <Link key={page.path} href={page.path} aria-current={isWithin(path, page.path) ? 'page' : undefined}>
          {page.label}
        </Link>
      ))}
    </nav>
  );
}

function isWithin(path: string, page: string): boolean {
  return path === page || (page !== '/' && path.startsWith(`${page}/`));
}

function User({ onSignedOut }: { onSignedOut: () => void }) {
  const { user, database } = useSession();
  const signOut = useAction(() => send('DELETE', '/api/session').then(onSignedOut));
  return (
    <div class="user">
      <span class="who">
        {user} @ {database}
      </span>
      <ThemeButton />
      <button type="button" onClick={signOut.run} disabled={signOut.isBusy}>
        Sign out
      </button>
      {signOut.error && <ErrorNotice error={signOut.error} />}
    </div>
  );
}

export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const change = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" onClick={change} aria-label={`Colours: ${theme}. Change`} title={`Colours: ${theme}`}>
      {{ system: '◐', light: '☀', dark: '☾' }[theme]}
    </button>
  );
}
