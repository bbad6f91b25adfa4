// The HTTP server: security first, then one file of routes for each page, then the files of the browser's part.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { openPool } from './database.js';
import { Refusal, replyWithError } from './errors.js';
import type { Options } from './options.js';
import { agentsRoutes } from './routes/agents.js';
import { dashboardRoutes } from './routes/dashboard.js';
import { experimentsRoutes } from './routes/experiments.js';
import { flowRoutes } from './routes/flow.js';
import { generateRoutes } from './routes/generate.js';
import { pricesRoutes } from './routes/prices.js';
import { proposalsRoutes } from './routes/proposals.js';
import { requestRoutes } from './routes/requests.js';
import { sessionRoutes } from './routes/session.js';
import { settingsRoutes } from './routes/settings.js';
import { addSecurity, isApi } from './security.js';
import { Sessions } from './sessions.js';

/// From dist/server/main.js, where this is built into.
const WEB_FOLDER = fileURLToPath(new URL('../web/', import.meta.url));
const MAX_BODY_BYTES = 1024 * 1024;

export async function buildApp(
  options: Options,
  sessions: Sessions = new Sessions((credentials) => openPool(options.database, credentials)),
): Promise<FastifyInstance> {
  const app = fastify({
    logger: { level: 'error' },
    // One proxy: what a client says about itself before it is not believed.
    trustProxy: options.tlsProxy ? (_, hop) => hop === 0 : false,
    bodyLimit: MAX_BODY_BYTES,
  });
  app.setErrorHandler(replyWithError);
  app.addHook('onClose', () => sessions.close());
  await addSecurity(app, options, sessions);

  // What is asked of the database is of this moment and of this role.
  app.addHook('onSend', async (request, reply) => {
    if (isApi(request)) reply.header('cache-control', 'no-store');
  });
  sessionRoutes(app, options, sessions);
  dashboardRoutes(app);
  requestRoutes(app);
  generateRoutes(app);
  flowRoutes(app);
  settingsRoutes(app);
  pricesRoutes(app);
  agentsRoutes(app);
  experimentsRoutes(app);
  proposalsRoutes(app);
  await serveWebFiles(app);
  return app;
}

/// Every path that is neither of the API nor a file is a page, and the browser's part knows which.
async function serveWebFiles(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(WEB_FOLDER, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
  });
  app.setNotFoundHandler((request, reply) => {
    const isPage = ['GET', 'HEAD'].includes(request.method) && !/^\/(api|assets)\//.test(request.url);
    if (!isPage) return replyWithError(new Refusal(404, `there is no ${request.url}`), request, reply);
    return reply.sendFile('index.html', WEB_FOLDER, { immutable: false, maxAge: 0 });
  });
}
