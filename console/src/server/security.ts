// What a browser may do here: only pages of ours, only with the cookie of a session, and nothing that
// changes something without the session's CSRF token.

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from './errors.js';
import type { Options } from './options.js';
import type { Session, Sessions } from './sessions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /// Set for every route under /api but those that are there for signing in.
    session: Session;
  }
  interface FastifyContextConfig {
    /// Anybody may ask, signed in or not.
    public?: boolean;
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

export async function addSecurity(app: FastifyInstance, options: Options, sessions: Sessions) {
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: options.tlsProxy,
  });
  await app.register(rateLimit, { global: false });
  app.decorateRequest('session', null as unknown as Session);
  app.addHook('onRequest', async (request) => {
    refuseForeignHost(request, options);
    refuseForeignPage(request);
    const isPublic = !isApi(request) || request.routeOptions.config?.public;
    if (!isPublic) request.session = findSession(request, sessions, options);
  });
}

/// By a name that leads to this machine, a page of another site could else pass for ours.
function refuseForeignHost(request: FastifyRequest, options: Options): void {
  if (options.tlsProxy || !LOOPBACK.test(withoutPort(options.host))) return;
  if (!LOOPBACK.test(request.headers.host ?? '')) throw new Refusal(403, 'this console answers to localhost only');
}

function withoutPort(host: string): string {
  return host === '::1' ? '[::1]' : host;
}

function refuseForeignPage(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (changesSomething(request) && site !== undefined && site !== 'same-origin')
    throw new Refusal(403, 'a page of another site asked for this');
}

function findSession(request: FastifyRequest, sessions: Sessions, options: Options): Session {
  const isActivity = request.headers['x-refresh'] === undefined;
  const session = sessions.find(request.cookies[cookieName(options)], isActivity);
  if (session === undefined) throw new Refusal(401, 'you are not signed in');
  if (changesSomething(request) && !session.isCsrfToken(headerOf(request, 'x-csrf-token')))
    throw new Refusal(403, 'the request does not have the token of your session', 'Load the page anew.');
  return session;
}

/// By the route that was found: an address may be written in many ways (/%61pi/session), which all lead to it.
export function isApi(request: FastifyRequest): boolean {
  return (request.routeOptions.url ?? request.url).startsWith('/api/');
}

function changesSomething(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/// The prefix makes browsers refuse one that another host or a page without TLS has set.
export function cookieName(options: Options): string {
  return options.tlsProxy ? '__Host-llm_workflow' : 'llm_workflow';
}

export function setSessionCookie(reply: FastifyReply, options: Options, session: Session): void {
  reply.setCookie(cookieName(options), session.id, cookieAttributes(options));
}

export function clearSessionCookie(reply: FastifyReply, options: Options): void {
  reply.clearCookie(cookieName(options), cookieAttributes(options));
}

function cookieAttributes(options: Options) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: options.tlsProxy } as const;
}
