// Signing in and out.

import type { FastifyInstance } from 'fastify';
import type { ServerInfo, SessionInfo } from '../../shared/api.js';
import type { Options } from '../options.js';
import { clearSessionCookie, cookieName, setSessionCookie } from '../security.js';
import type { Sessions } from '../sessions.js';

interface SignIn {
  user: string;
  password: string;
  database?: string;
}

const signInSchema = {
  type: 'object',
  required: ['user', 'password'],
  additionalProperties: false,
  properties: {
    user: { type: 'string', minLength: 1, maxLength: 63 },
    password: { type: 'string', maxLength: 1000 },
    database: { type: 'string', maxLength: 63 },
  },
};

const SIGN_INS = { max: 5, timeWindow: '1 minute' };

export function sessionRoutes(app: FastifyInstance, options: Options, sessions: Sessions): void {
  app.get('/api/server', { config: { public: true } }, async (): Promise<ServerInfo> => {
    const { host, database } = options.database;
    return { host, database: database ?? null };
  });

  /// null: nobody is signed in, which is no error when a browser first asks.
  app.get('/api/session', { config: { public: true } }, async (request, reply) => {
    const session = sessions.find(request.cookies[cookieName(options)], false);
    return reply.send((session?.info ?? null) satisfies SessionInfo | null);
  });

  app.post<{ Body: SignIn }>(
    '/api/session',
    { config: { public: true, rateLimit: SIGN_INS }, schema: { body: signInSchema } },
    async (request, reply): Promise<SessionInfo> => {
      const { user, password } = request.body;
      const database = request.body.database || options.database.database || user;
      const session = await sessions.open({ user, password, database });
      setSessionCookie(reply, options, session);
      return session.info;
    },
  );

  app.delete('/api/session', async (request, reply) => {
    void sessions.end(request.session);
    clearSessionCookie(reply, options);
    return reply.status(204).send();
  });
}
