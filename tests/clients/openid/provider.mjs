// A certified OpenID Connect provider for the tests. `POST /control` tells it who signs in next, and what time it is there.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const settings = JSON.parse(process.argv[2]);
const now = Date.now.bind(Date);
const control = { account: "", claims: {}, amr: ["pwd"], denies: false, isDown: false, skewSeconds: 0 };
Date.now = () => now() + control.skewSeconds * 1000;

function key(kid) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
}

const provider = new Provider(settings.issuer, {
  clients: [settings.client],
  jwks: { keys: [key("first")] },
  cookies: { keys: ["of the tests"] },
  claims: { openid: ["sub", "amr"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...control.claims }) }),
  // Everybody agrees to everything, so that nobody has to press a button.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
});

async function read(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

provider.use(async (ctx, next) => {
  if (ctx.path === "/control") {
    Object.assign(control, await read(ctx.req));
    ctx.body = "";
    return;
  }
  if (control.isDown) {
    ctx.req.socket.destroy();
    ctx.respond = false;
    return;
  }
  if (ctx.path.startsWith("/interaction/")) {
    const result = control.denies
      ? { error: "access_denied", error_description: "the test denies" }
      : { login: { accountId: control.account, amr: control.amr } };
    ctx.respond = false;
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    return;
  }
  await next();
});

const server = provider.listen(settings.port, "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
