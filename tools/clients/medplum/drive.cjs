// Medplum's SDK as the client of a user: discovery, a request built from the templates, cards, a suggestion taken,
// feedback. tests/clients/test_medplum.py starts it in the folder where the SDK is installed.
//
//   node drive.cjs < plan.json
//
// plan: `fhir` (base of a FHIR server: reads, searches and writes go there), `discovery` (the address as it is typed; once more with a slash after it),
// `context` of all calls, `take` (words in the labels of the suggestions to take), `comment`. Prints one JSON object of
// what came.
const { readFileSync } = require('fs');

globalThis.WebSocket = globalThis.WebSocket || class {}; // the SDK wants Node 22; on Node 20 a name is enough
const { MedplumClient, buildCdsRequest } = require(require.resolve('@medplum/core', { paths: [process.cwd()] }));

const plan = JSON.parse(readFileSync(0, 'utf8'));
const client = (cdsServicesUrl) => new MedplumClient({ baseUrl: plan.fhir, cdsServicesUrl, fetch });
const medplum = client(plan.discovery);
const user = { resourceType: 'Practitioner', id: 'p1' };

function contextOf(service, draftOrders) {
  const { patientId, userId } = plan.context;
  const context = { patientId, userId };
  if (service.hook.startsWith('encounter-')) {
    context.encounterId = 'e1';
  }
  if (service.hook.startsWith('order-')) {
    context.draftOrders = draftOrders;
  }
  if (service.hook === 'order-select') {
    context.selections = draftOrders.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`);
  }
  return context;
}

async function call(service, draftOrders) {
  const request = await buildCdsRequest(medplum, user, service, contextOf(service, draftOrders));
  return { service: service.id, hook: service.hook, request, answer: await medplum.callCdsService(service.id, request) };
}

async function apply(action) {
  if (action.type === 'delete') {
    return medplum.deleteResource(...action.resourceId.split('/'));
  }
  return action.type === 'create' ? medplum.createResource(action.resource) : medplum.updateResource(action.resource);
}

function report(service, card, outcome) {
  const feedback = [{ card: card.uuid, outcomeTimestamp: new Date().toISOString(), ...outcome }];
  return medplum.post(`${plan.discovery}/${service.id}/feedback`, { feedback });
}

async function main() {
  const discovery = await medplum.getCdsServices();
  const calls = [];
  for (const service of discovery.services) {
    calls.push(await call(service, plan.context.draftOrders));
  }
  const signing = discovery.services.find(({ hook }) => hook === 'order-sign');
  const [card] = calls.find(({ service }) => service === signing.id).answer.cards;

  const { overrideReasons } = card;
  const overrideReason = { reason: overrideReasons[0], userComment: plan.comment };
  const overridden = await report(signing, card, { outcome: 'overridden', overrideReason });

  const again = (await call(signing, plan.context.draftOrders)).answer.cards[0];
  const taken = again.suggestions.filter(({ label }) => plan.take.some((words) => label.includes(words)));
  for (const action of taken.flatMap(({ actions }) => actions)) {
    await apply(action);
  }
  const acceptedSuggestions = taken.map(({ uuid }) => ({ id: uuid }));
  const accepted = await report(signing, again, { outcome: 'accepted', acceptedSuggestions });

  // What is on the FHIR server now is what would be signed.
  const drafts = await medplum.search('MedicationRequest', 'status=draft', { cache: 'reload' });
  const after = await call(signing, drafts);

  const withSlash = client(`${plan.discovery}/`);
  const slash = {
    discovery: await withSlash.getCdsServices(),
    answer: await withSlash.callCdsService(signing.id, calls.find(({ service }) => service === signing.id).request),
  };
  process.stdout.write(JSON.stringify({ discovery, calls, overridden, card, again, taken, accepted, after, slash }));
}

main().catch((fault) => {
  console.error('failed:', fault.message, fault.outcome ? JSON.stringify(fault.outcome) : '');
  process.exitCode = 1;
});
