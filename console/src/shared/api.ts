// What server and browser say to each other on every page. Each area has a file of its own beside.

/// An exact decimal as PostgreSQL writes it. It is never added up in the browser, only drawn.
export type Decimal = string;

/// '2025-11-04 12:03:00.123456+00', always UTC.
export type Timestamp = string;

/// '2025-11-04', a day in UTC.
export type Day = string;

export interface ApiError {
  readonly message: string;
  readonly sqlstate?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/// Who is signed in. `csrfToken` goes with every request that changes something.
export interface SessionInfo {
  readonly user: string;
  readonly database: string;
  readonly serverVersion: string;
  readonly extensionVersion: string;
  readonly csrfToken: string;
}

/// What the sign-in page shows before anybody is signed in.
export interface ServerInfo {
  readonly host: string;
  readonly database: string | null;
}
