"""CMS117: the vaccines of the first two years."""

from tests.oracles.leaving_out import CHILD_NEW, CHILD_SEEN, HOME, OFFICE, PHONE, VIRTUAL, V, hospice, seen
from tests.oracles.record import SNOMED, Record, day, overlaps, plus, span, starts_in, years_later

S = V + "464.1003."
N = f"{SNOMED}|"


def vaccines(r: Record) -> bool:
    asked = r.age_at_end() == 2 and seen(
        r, OFFICE, HOME, PHONE, VIRTUAL, CHILD_NEW, CHILD_SEEN, "http://www.ama-assn.org/go/cpt|99211"
    )
    second = years_later(r.birth, 2)
    first = years_later(r.birth, 1)
    young = (r.birth, second)
    out = hospice(r) or r.any_ill(
        [S + n for n in ("120.12.1001", "120.12.1003", "120.12.1007", "108.12.1009", "199.12.1056")], overlaps, young
    )

    def ill(*names: str) -> bool:
        return r.any_ill(names, starts_in, young)

    def doses(cvx, done, since: str) -> set[str]:
        found = [
            i.get("occurrenceDateTime")
            for i in r.coded("Immunization", *cvx, field="vaccineCode")
            if i.get("status") == "completed"
        ]
        found += [span(p, "performed")[0] for p in r.procedures(*done) if span(p, "performed")]
        return {day(f) for f in found if f and since <= day(f) <= second}

    six_weeks = plus(r.birth, 42)
    a, h = S + "196.12.", S + "110.12."
    dtap = len(doses([a + "1214"], [h + "1022"], six_weeks)) >= 4 or ill(S + "199.12.1031", S + "1164")
    polio = len(doses([a + "1219"], [h + "1045"], six_weeks)) >= 3 or ill(N + "471321000124106")
    mmr = (
        bool(doses([a + "1224"], [h + "1031"], first))
        or ill(N + "471331000124109")
        or all(ill(h + n) for n in ("1053", "1032", "1037"))
    )
    hib3, hib4 = doses([h + "1083"], [h + "1084"], six_weeks), doses([h + "1085"], [h + "1086"], six_weeks)
    hib = len(hib3) >= 3 or len(hib3 | hib4) >= 4 or ill(N + "433621000124101")
    hib = hib or (bool(hib3) and len(hib3 | hib4) >= 3)
    hepb_days = doses([a + "1216"], [h + "1042"], r.birth)
    shots = r.procedures("http://www.cms.gov/Medicare/Coding/ICD10|3E0234Z")
    newborn = [when[0] for p in shots if (when := span(p, "performed"))]
    born = {day(n) for n in newborn if r.birth <= day(n) <= plus(r.birth, 7)}
    hepb = len(hepb_days) >= 3 or (len(hepb_days) >= 2 and bool(born)) or ill(N + "428321000124101", h + "1025")
    chicken = bool(doses([a + "1170"], [h + "1040"], first)) or ill(N + "471341000124104", h + "1039")
    pneumo = len(doses([a + "1221"], [h + "1046"], six_weeks)) >= 4 or ill(N + "471141000124102")
    hepa = bool(doses([a + "1215"], [h + "1041"], first)) or ill(N + "471311000124103", h + "1024")
    rota2 = doses(["http://hl7.org/fhir/sid/cvx|119"], [h + "1048"], six_weeks)
    rota3 = doses([a + "1223"], [h + "1047"], six_weeks)
    rota = len(rota2) >= 2 or (bool(rota3) and len(rota2 | rota3) >= 3) or ill(N + "428331000124103")
    half = plus(r.birth, 180)
    flu = doses([a + "1218"], [h + "1044"], half)
    spray = {d for d in doses([h + "1087"], [h + "1088"], half) if d == second}
    influenza = len(flu | spray) >= 2 or ill(N + "471361000124100")
    done = all((dtap, polio, mmr, hib, hepb, chicken, pneumo, hepa, rota, influenza))
    return asked and not out and not done
