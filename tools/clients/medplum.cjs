// Drives Medplum's SDK against a running service: discovery, a request built from the templates, the call.
//
//   npm install @medplum/core@5.2.13
//   node medplum.cjs http://127.0.0.1:8000 REQUEST.json [/]
//
// REQUEST.json is a hook call (tests/journeys/requests): its prefetch is the record that FHIR reads are answered from,
// its context that of every call. A third argument "/" types the discovery address with a trailing slash.
const { readFileSync } = require('fs');

globalThis.WebSocket = globalThis.WebSocket || class {}; // the SDK wants Node 22; on Node 20 a name is enough
const { MedplumClient, buildCdsRequest } = require(require.resolve('@medplum/core', { paths: [process.cwd()] }));

const [base, file, suffix = ''] = process.argv.slice(2);
const { prefetch: record, context } = JSON.parse(readFileSync(file, 'utf8'));
const answer = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/fhir+json' } });

async function fetchEither(url, options = {}) {
  const { href, pathname } = new URL(url);
  if (href.startsWith(base)) {
    const response = await fetch(url, options);
    console.log(options.method || 'GET', pathname, response.status, JSON.stringify(options.headers));
    return response;
  }
  const [type, id] = pathname.replace(/^\/fhir\/R4\//, '').split('/');
  if (!id) {
    return answer(200, record[type] || { resourceType: 'Bundle', type: 'searchset' });
  }
  const found = Object.values(record).find((resource) => resource?.resourceType === type && resource.id === id);
  return found ? answer(200, found) : answer(404, { resourceType: 'OperationOutcome', issue: [] });
}

async function main() {
  const options = { baseUrl: 'https://fhir.example.org/', cdsServicesUrl: `${base}/cds-services${suffix}` };
  const medplum = new MedplumClient({ ...options, fetch: fetchEither });
  const user = { resourceType: 'Practitioner', id: 'p1' };
  for (const service of (await medplum.getCdsServices()).services) {
    const { draftOrders, ...patient } = context;
    const drafts = draftOrders.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`);
    const selected = service.hook === 'order-select' ? { selections: drafts } : {};
    const encounter = service.hook.startsWith('encounter-') ? { ...patient, encounterId: 'e1' } : patient;
    const asked = service.hook.startsWith('order-') ? { ...context, ...selected } : encounter;
    const request = await buildCdsRequest(medplum, user, service, asked);
    const { cards } = await medplum.callCdsService(service.id, request);
    console.log(service.hook, cards.map((card) => `${card.indicator}: ${card.summary}`));
  }
}

main().catch(({ message }) => {
  console.error('failed:', message);
  process.exitCode = 1;
});
