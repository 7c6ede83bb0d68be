// Whoever signs in exists: the name typed into the login page is the subject. One name is
// special: the address of `unverified` is not verified. Another is: `silver` signs in as
// `urn:example:silver`.

/** Claims by scope. */
export const claims = {
  openid: ['sub'],
  acr: null,
  amr: null,
  auth_time: null,
  iss: null,
  sid: null,
  profile: [
    'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username',
    'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  groups: ['groups', 'https://example.test/tenant'],
};

function claimsOf(sub) {
  const given_name = sub.charAt(0).toUpperCase() + sub.slice(1);
  return {
    sub,
    name: `${given_name} Example`,
    given_name,
    family_name: 'Example',
    middle_name: 'M',
    nickname: sub,
    preferred_username: sub,
    profile: `https://example.test/${sub}`,
    picture: `https://example.test/${sub}.png`,
    website: 'https://example.test/',
    gender: 'other',
    birthdate: '1990-01-31',
    zoneinfo: 'Europe/Prague',
    locale: 'cs-CZ',
    updated_at: 1_700_000_000,
    email: `${sub}@example.test`,
    email_verified: sub !== 'unverified',
    phone_number: '+420 123 456 789',
    phone_number_verified: false,
    address: {
      formatted: '1 Example St\r\nPrague',
      street_address: '1 Example St',
      locality: 'Prague',
      postal_code: '11000',
      country: 'CZ',
    },
    groups: ['staff', 'admins'],
    'https://example.test/tenant': 't-1',
  };
}

/** The account of a subject. */
export function findAccount(ctx, sub) {
  return { accountId: sub, claims: async () => claimsOf(sub) };
}

/** How somebody signs in (`acr`), where the server says so. */
export const classOf = (sub) => (sub === 'silver' ? 'urn:example:silver' : undefined);
