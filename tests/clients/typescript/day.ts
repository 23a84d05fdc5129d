// One day of each API with the generated types and openapi-fetch: node day.js URL PASSWORD STORE.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl = "", password = "", storeId = ""] = process.argv.slice(2);

type Api = Client<paths>;

function key(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": randomUUID() };
}

/** Returns the data of a successful answer. */
function got<T>(answer: { data?: T; error?: unknown }): T {
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  assert.ok(answer.data !== undefined);
  return answer.data;
}

async function signedIn(username: string): Promise<Api> {
  const anonymous = createClient<paths>({ baseUrl });
  const answer = got(await anonymous.POST("/api/v1/auth/login", { body: { username, password } }));
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${answer.access_token}` } });
}

async function aCashSession(api: Api): Promise<void> {
  const none = await api.GET("/api/v1/cash/status");
  assert.equal(none.response.status, 404);
  assert.ok(none.error?.detail);
  const opened = got(await api.POST("/api/v1/cash/open", { params: { header: key() }, body: { start_amount: 200 } }));
  assert.equal(opened.status, "OPEN");
  assert.equal(opened.final_cash_system, null);
  const sale = got(
    await api.POST("/api/v1/payments", {
      body: { id: randomUUID(), method: "CASH", currency: "EUR", amount: 1250, tendered: 2000, change: 750, status: "APPROVED" },
    }),
  );
  assert.equal(sale.session, opened.id);
  const closed = got(
    await api.POST("/api/v1/cash/close", { params: { header: key() }, body: { final_cash_declared: "212.00" } }),
  );
  assert.equal(closed.difference, -0.5);
  const rows = got(await api.GET("/api/v1/cash/sessions", { params: { query: { limit: 10 } } }));
  assert.deepEqual(rows.map((row) => row.id), [opened.id]);
}

async function aShift(api: Api): Promise<void> {
  const started = got(await api.POST("/api/v1/shifts/start", { body: { start_cash: 10_000, password } }));
  const active = got(await api.GET("/api/v1/shifts/active"));
  assert.equal(active.data?.id, started.data.id);
  const methods = got(await api.GET("/api/v1/payment-methods"));
  const cash = methods.data.find((method) => method.is_cash);
  assert.ok(cash);
  const order = got(await api.POST("/api/v1/orders", { body: { type: "takeaway", net_total: 2500 } })).data;
  const paid = got(
    await api.POST("/api/v1/orders/{order}/pay/manual", {
      params: { path: { order: order.id }, header: key() },
      body: { payment_method_id: cash.id, cash_received: 3000, version: order.version },
    }),
  );
  assert.equal(paid.data.change_due, 500);
  const taken = got(
    await api.POST("/api/v1/shifts/cash-transaction", { body: { type: "cash_out", amount: 400, category: "expense" } }),
  );
  assert.equal(taken.data.amount, 400);
  const ended = got(await api.POST("/api/v1/shifts/end", { body: { password, actual_cash_end: 12_100 } }));
  assert.equal(ended.data.difference, 0);
}

async function aSettlement(api: Api): Promise<void> {
  const of = (value: number) => [{ value, currency: "EUR", method: "CASH" }];
  const vault = got(await api.POST("/api/v1/settlements", { body: { type: "VAULT", initialCash: of(50_000) } }));
  assert.equal(vault.station, 0);
  const opened = got(
    await api.POST("/api/v1/settlements", { body: { type: "CASHREGISTER", initialCash: of(20_000), station: 3 } }),
  );
  assert.equal(opened.targetAmounts, undefined); // nobody learns it before the count
  const params = { path: { settlement_id: opened.settlementId } };
  const change = "/api/v1/settlements/{settlement_id}";
  got(await api.PATCH(change, { params, body: { state: "COUNTING" } }));
  const looked = got(await api.PATCH(change, { params, body: { state: "COUNTING", amounts: of(19_000) } }));
  assert.deepEqual(looked.preview?.map((pair) => pair.isEqual), [false]);
  got(await api.PATCH(change, { params, body: { state: "CLOSED", amounts: of(19_900) } }));
  const closed = got(await api.GET(change, { params }));
  assert.deepEqual(closed.differenceAmounts?.map((amount) => amount.value), [-100]);
  const page = got(await api.GET("/api/v1/settlements", { params: { query: { size: 1 } } })).settlements;
  assert.deepEqual([page.totalElements, page.content.length], [2, 1]);
}

async function aReconciliation(api: Api): Promise<void> {
  const expected = got(await api.GET("/api/v1/cash-management/expected", { params: { query: { storeId } } }));
  const system = expected.currencies.find((one) => one.currency === "EUR")?.parts.systemCash;
  assert.ok(system !== undefined);
  const recorded = got(
    await api.POST("/api/v1/cash-management/reconciliations", {
      params: { header: key() },
      body: { storeId, currency: "EUR", declaredCash: system },
    }),
  );
  assert.equal(recorded.discrepancyType, "MATCH");
  const rows = got(await api.GET("/api/v1/cash-management/reconciliations", { params: { query: { storeId } } }));
  assert.deepEqual(rows.map((row) => row.id), [recorded.id]);
}

await aCashSession(await signedIn("carla"));
await aShift(await signedIn("bruno"));
await aSettlement(await signedIn("erika"));
await aReconciliation(await signedIn("erika"));
console.log("four days worked");
