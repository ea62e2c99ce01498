// A provider with the library oidc-provider, as its makers ship it: their own pages, opaque access tokens, a new refresh token for each use of the last.
// What it is asked is written to stdout, a line for each request: the time in milliseconds, the method and the path.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, ...wanted] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'kclogin',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: ['http://127.0.0.1/callback'],
    },
  ],
  claims: { openid: ['sub'], profile: ['name'] },
  features: {
    deviceFlow: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => wanted.includes('nonces') },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: wanted.includes('pushed-only') },
    revocation: { enabled: true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of the other house` }) }),
  rotateRefreshToken: true,
});
const answer = provider.callback();
const server = createServer((request, response) => {
  console.log(`${Date.now()} ${request.method} ${request.url.split('?')[0]}`);
  answer(request, response);
});
server.listen(port, '127.0.0.1');
