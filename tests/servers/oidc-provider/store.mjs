// One store in memory, shared by successive Provider instances: a rotation of keys keeps
// sessions, grants and tokens.
const entries = new Map();
const byGrant = new Map();
const byUserCode = new Map();
const byUid = new Map();
// The library itself refuses what has just expired, so that its own errors are seen.
const EXPIRED_IS_GONE_MS = 60_000;

// What expired stays in memory: a clock that is moved back makes it valid again.
function find(key) {
  const entry = entries.get(key);
  return entry?.expires < Date.now() - EXPIRED_IS_GONE_MS ? undefined : entry?.payload;
}

/** What oidc-provider stores through. */
export class Adapter {
  constructor(model) { this.model = model; }

  key(id) { return `${this.model}:${id}`; }

  async upsert(id, payload, seconds) {
    const key = this.key(id);
    const { grantId, userCode, uid } = payload;
    if (grantId) byGrant.set(grantId, (byGrant.get(grantId) ?? new Set()).add(key));
    if (userCode) byUserCode.set(userCode, key);
    if (this.model === 'Session') byUid.set(uid, key);
    entries.set(key, { payload, expires: seconds ? Date.now() + seconds * 1000 : undefined });
  }

  async find(id) { return find(this.key(id)); }

  async findByUserCode(userCode) { return find(byUserCode.get(userCode)); }

  async findByUid(uid) { return find(byUid.get(uid)); }

  async consume(id) {
    const payload = find(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) { entries.delete(this.key(id)); }

  async revokeByGrantId(grantId) {
    for (const key of byGrant.get(grantId) ?? []) {
      if (!key.startsWith('Grant:')) entries.delete(key);
    }
    byGrant.delete(grantId);
  }
}

/** Ends every login: the next authorization shows the login page. Returns the sessions. */
export function forgetSessions() {
  const sessions = [];
  for (const [key, { payload }] of entries) {
    if (key.startsWith('Session:')) sessions.push(payload);
    if (/^(Session|Interaction):/.test(key)) entries.delete(key);
  }
  return sessions;
}
