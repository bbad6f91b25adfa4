// The pages, in the order of the navigation. Each is loaded when it is first opened.
//
// A page is a component that calls useTitle(). One that is not in the navigation has no `label`; parameters
// of its path (/requests/:id) come by useParams() of wouter-preact.

import type { ComponentType } from 'preact';
import { lazy } from 'preact/compat';

export interface Page {
  readonly path: string;
  readonly label?: string;
  readonly view: ComponentType;
}

export const PAGES: readonly Page[] = [
  { path: '/', label: 'Dashboard', view: lazy(() => import('./pages/dashboard.js')) },
  { path: '/requests', label: 'Requests', view: lazy(() => import('./pages/requests.js')) },
  { path: '/requests/:id', view: lazy(() => import('./pages/request.js')) },
  { path: '/generate', label: 'Generate', view: lazy(() => import('./pages/generate.js')) },
  { path: '/generate/:id', view: lazy(() => import('./pages/generation.js')) },
  { path: '/flow', label: 'Flow', view: lazy(() => import('./pages/flow.js')) },
  { path: '/settings', label: 'Settings', view: lazy(() => import('./pages/settings.js')) },
  { path: '/prices', label: 'Prices', view: lazy(() => import('./pages/prices.js')) },
  { path: '/agents', label: 'Agents and plans', view: lazy(() => import('./pages/agents.js')) },
  { path: '/experiments', label: 'Experiments', view: lazy(() => import('./pages/experiments.js')) },
];
