//! Archive units that somebody made over: each is a ZIP file as ours are, with digests, note and counts made anew.

#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::fs;
use std::path::Path;
use trial::{Trial, capacity, generation, said, voen};

/// Makes a unit over: `edit` is Python that changes the dictionary `f` of its files and the values `n` of its note;
/// digests, counts and statistics are made anew.
const FORGE: &str = "import sys,zipfile,hashlib,json,csv,io,datetime
src,dst,edit=sys.argv[1:4]
z=zipfile.ZipFile(src); f={m:z.read(m) for m in z.namelist()}; n={}
exec(edit)
f.pop('SHA256SUMS',None)
h=lambda b:hashlib.sha256(b).hexdigest()
note=json.loads(f['NOTE.json'])
subs=sorted(m for m in f if m.startswith('submissions/'))
note['submissions_sha256']=h(''.join(h(f[m])+'  '+m+'\\n' for m in subs).encode())
note['index_sha256']=h(f['index.csv'])
note['files']=len(subs); note['octets']=sum(len(f[m]) for m in subs)
rows=list(csv.DictReader(io.StringIO(f['index.csv'].decode())))
note['submissions']=len(rows)
st={k:{} for k in ('by_dataset','by_body','by_year','by_decision')}
for r in rows:
    size=sum(len(f[m]) for m in subs if m.split('/')[1]==r['id'])
    at=datetime.datetime.fromisoformat(r['received'][:19])+datetime.timedelta(hours=4)
    r['year']=str(at.year)
    for k,v in ((k,r[k[3:]]) for k in st):
        c=st[k].setdefault(v or '-',{'submissions':0,'octets':0}); c['submissions']+=1; c['octets']+=size
note['statistics']={k:dict(sorted(v.items())) for k,v in st.items()}
note.update(n)
f['NOTE.json']=(json.dumps(note,ensure_ascii=False,indent=2)+'\\n').encode()
f['SHA256SUMS']=''.join(h(f[m])+'  '+m+'\\n' for m in sorted(f)).encode()
o=zipfile.ZipFile(dst,'w',zipfile.ZIP_STORED)
for m in sorted(f):
    i=zipfile.ZipInfo(m,(1980,1,1,0,0,0)); i.create_system=0; i.external_attr=0; o.writestr(i,f[m])
o.close()
";

const UNIT: &str = "w/archive/trial-000001.zip";

/// A window with two accepted documents and a rejected one, archived in one unit.
fn archived() -> Trial {
    let trial = Trial::new();
    for key in ["settle", "pair_wait"] {
        trial.set(key, "\"1ms\"");
    }
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", statement, "azerenerji"));
    let table = capacity(voen("azerisiq"), "2024", 1, "KUL-0001", "50.000");
    trial.put("azerisiq", "b.csv.p7s", trial.signed("b.csv", &table, "azerisiq"));
    trial.put("azerisiq", "b.csv", table);
    trial.put("azerenerji", "c.xml", b"<Submission/>");
    trial.done(&["once"]);
    trial.done(&["archive", "make", "--before", "2100-01-01"]);
    trial
}

/// The unit, made over into this file.
fn forged(trial: &Trial, into: &str, edit: &str) {
    fs::write(trial.at("forge.py"), FORGE).unwrap();
    trial.succeeds("python3", &["forge.py", UNIT, into, edit]);
}

/// Puts another file in the place of one that may not be written to.
fn replace(path: &Path, octets: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, octets).unwrap();
}

fn id(trial: &Trial, name: &str) -> String {
    let (_, answer) = trial.json(&["list"]);
    let rows = answer["submissions"].as_array().unwrap().clone();
    rows.into_iter().find(|row| row["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

fn found(trial: &Trial) -> Vec<Value> {
    let (code, answer) = trial.json(&["archive", "search"]);
    assert_eq!(code, Some(0), "{answer}");
    answer["found"].as_array().unwrap().clone()
}

#[test]
fn a_unit_whose_name_is_none_is_not_taken_in() {
    let trial = archived();
    let fresh = trial.empty();
    fresh.done(&["init", "w"]);
    for name in ["''", "'tri\\nal-000001'", "'\\x1b[2Jx-000001'", "'a\\\\b-000001'", "'../x-000001'", "'trial-1'"] {
        forged(&trial, "x.zip", &format!("n['unit']={name}"));
        let answer = fresh.pencere(&["archive", "import", trial.at("x.zip").to_str().unwrap()]);
        assert_eq!(answer.status.code(), Some(1), "{name}: {}", said(&answer));
        assert!(said(&answer).contains("is no name of a unit"), "{name}: {}", said(&answer));
        assert_eq!(trial.pencere(&["archive", "verify", "x.zip"]).status.code(), Some(1), "{name}");
    }
    // the highest number that a number can have is no name either
    forged(&trial, "x.zip", "n['unit']='trial-18446744073709551615'");
    assert_eq!(fresh.pencere(&["archive", "import", trial.at("x.zip").to_str().unwrap()]).status.code(), Some(1));
    assert!(!fresh.at("w/archive").exists() || fs::read_dir(fresh.at("w/archive")).unwrap().count() == 0);
}

#[test]
fn an_annex_that_cannot_be_read_hides_nothing_else() {
    let trial = archived();
    trial.put("azerenerji", "d.xml", b"<Submission/>");
    trial.done(&["once"]);
    assert!(trial.json(&["archive", "prune"]).1["files"].as_u64() > Some(0));
    let annexes = trial.at("w/state/evidence/annexes");
    fs::write(annexes.join("zz.annex"), "pencere-annex 1 ../tri\nal-000001.zip\n").unwrap();
    fs::write(annexes.join("zzz.annex"), "").unwrap();
    let id = id(&trial, "a.xml");
    trial.done(&["audit", "verify"]);
    trial.done(&["explain", &id]);
    trial.done(&["evidence", &id, "-o", "e.asice"]);
    trial.done(&["backup", "copy"]);
}

// R 1.2.7
#[test]
fn a_unit_that_was_replaced_is_not_believed() {
    let trial = archived();
    let (own, fresh) = (id(&trial, "a.xml"), trial.empty());
    fresh.done(&["init", "w"]);
    let genuine = trial.at(UNIT);
    fresh.done(&["archive", "import", genuine.to_str().unwrap()]);
    // whole by itself, and another
    forged(&trial, "x.zip", "n['maker']='pencere 9.9.9'");
    trial.done(&["archive", "verify", "x.zip"]);
    let other = fs::read(trial.at("x.zip")).unwrap();
    let good = fs::read(&genuine).unwrap();
    replace(&fresh.at(UNIT), &other);
    for asked in [
        vec!["show", &own],
        vec!["explain", &own],
        vec!["evidence", &own, "-o", "e"],
        vec!["archive", "get", &own, "-o", "g"],
    ] {
        let answer = fresh.pencere(&asked);
        assert_eq!(answer.status.code(), Some(3), "{asked:?}: {}", said(&answer));
        assert!(said(&answer).contains("not the file that the journal knows"), "{asked:?}: {}", said(&answer));
    }
    assert!(!fresh.at("g").exists() && !fresh.at("e").exists());
    assert_eq!(fresh.pencere(&["archive", "verify"]).status.code(), Some(1));
    // the one that the journal knows is put back in its place
    assert_eq!(fresh.pencere(&["archive", "import", trial.at("x.zip").to_str().unwrap()]).status.code(), Some(2));
    fs::write(trial.at("copy.zip"), &good).unwrap();
    fresh.done(&["archive", "import", trial.at("copy.zip").to_str().unwrap()]);
    fresh.done(&["show", &own]);
    fresh.done(&["explain", &own]);
    // a window does not believe its own either
    replace(&genuine, &other);
    let answer = trial.pencere(&["archive", "get", &own, "-o", "g"]);
    assert!(answer.status.code() == Some(3) && !trial.at("g").exists(), "{}", said(&answer));
}

#[test]
fn what_a_unit_tells_and_its_receipts_do_not_say_is_not_whole() {
    let trial = archived();
    forged(&trial, "x.zip", "n['maker']='pencere 9.9.9'");
    trial.done(&["archive", "verify", "x.zip"]); // so what is found below is what was changed there
    let of = |name: &str| id(&trial, name);
    let (a, c) = (of("a.xml"), of("c.xml"));
    let index = |old: &str, new: &str| format!("f['index.csv']=f['index.csv'].replace({old},{new})");
    let file = |name: &str, change: &str| format!("k='submissions/{a}/{name}'; d=f[k]; f[k]={change}");
    for (edit, why) in [
        (index("b',accepted,'", "b',rejected,'"), "decision is"),
        (index("b',azerenerji,generation'", "b',azerisiq,generation'"), "body is"),
        (index("b',2024-Q1,1,'", "b',2024-Q2,1,'"), "period is"),
        (index("b',2024-Q1,1,'", "b',2024-Q1,2,'"), "revision is"),
        (index("b',a.xml,'", "b',z.xml,'"), "name is"),
        (
            "import re; f['index.csv']=re.sub(rb',20\\d\\d-\\d\\d-\\d\\dT',b',2020-01-01T',f['index.csv'])".to_owned(),
            "it was received at 2020-01-01",
        ),
        (
            "import re\nfor k in list(f):\n if k.endswith('journal.jsonl'): \
             f[k]=re.sub(rb'20\\d\\d-\\d\\d-\\d\\dT',b'2020-01-01T',f[k])"
                .to_owned(),
            "another reception",
        ),
        // the moment of a decision alone: the log's leaf in the receipt has another
        (
            format!(
                "import re; k='submissions/{a}/journal.jsonl'; f[k]=b''.join(re.sub(rb'20\\d\\d-\\d\\d-\\d\\dT',\
                 b'2020-01-01T',l,count=1) if b'\"decided\"' in l else l for l in f[k].splitlines(True))"
            ),
            "no line is the leaf",
        ),
        (
            file("journal.jsonl", "d.replace(b'\"decision\":\"accepted\"',b'\"decision\":\"rejected\"')"),
            "another answer than its receipt",
        ),
        (
            file("journal.jsonl", "b''.join(l for l in d.splitlines(True) if b'\"answered\"' not in l)"),
            "the very receipts",
        ),
        (file("journal.jsonl", "b''.join(reversed(d.splitlines(True)))"), "stands before the one above"),
        (file("journal.jsonl", &format!("f['submissions/{c}/journal.jsonl']")), "not of this submission"),
        (file("records.csv", "d+d.splitlines(True)[1]"), "the receipt"),
        (file("records.csv", "d.replace(b'2024-Q1',b'2024-Q2')"), "not of this statement"),
        (file("records.json", "b'{\"records\":[]}'"), "the receipt"),
        (format!("del f['submissions/{a}/records.csv']"), "records.csv is missing"),
        (
            format!("f['submissions/{c}/records.csv']=b'x'; f['submissions/{c}/records.json']=b'{{}}'"),
            "no receipt says",
        ),
    ] {
        forged(&trial, "x.zip", &edit);
        let answer = trial.pencere(&["archive", "verify", "x.zip"]);
        assert_eq!(answer.status.code(), Some(1), "{edit}: {}", said(&answer));
        assert!(said(&answer).contains(why), "{edit}: {}", said(&answer));
        let answer = trial.pencere(&["archive", "import", "x.zip"]);
        assert_eq!(answer.status.code(), Some(1), "{edit}: {}", said(&answer));
    }
}

#[test]
fn a_unit_sealed_by_another_is_refused_where_the_seal_is_named() {
    let trial = archived();
    let other = Trial::new();
    let (own, strange) = ("w/pki/seal.crt", other.at("w/pki/seal.crt"));
    let strange = strange.to_str().unwrap();
    trial.done(&["archive", "verify", "--seal", own]);
    trial.done(&["archive", "verify", "--seal", strange, "--seal", own]);
    let (code, answer) = trial.json(&["archive", "verify", "--seal", strange]);
    assert_eq!(code, Some(1), "{answer}");
    assert!(answer["units"][0]["unfit"].as_str().unwrap().contains("sealed by another"), "{answer}");
    let unit = trial.at(UNIT);
    let unit = unit.to_str().unwrap();
    let (code, answer) = other.json(&["archive", "import", unit, "--seal", strange]);
    assert_eq!((code, &answer["imported"]), (Some(1), &false.into()), "{answer}");
    assert_eq!(other.json(&["archive", "list"]).1, serde_json::json!([]));
    let text = "openssl x509 -in w/pki/seal.crt -outform DER | sha256sum | cut -c1-64";
    let print = String::from_utf8(trial.succeeds("sh", &["-c", text]).stdout).unwrap();
    let told = other.pencere(&["archive", "import", unit, "--seal", trial.at(own).to_str().unwrap()]);
    assert!(told.status.success() && said(&told).contains(print.trim()), "{}", said(&told));
}

#[test]
fn an_index_beside_a_unit_is_not_believed_where_it_differs() {
    let trial = archived();
    let index = trial.at("w/archive/trial-000001.index.csv");
    let (good, truth) = (fs::read(&index).unwrap(), found(&trial));
    assert_eq!(truth.len(), 3);
    let lie = String::from_utf8(good.clone()).unwrap().replace(",accepted,", ",rejected,");
    for wrong in [lie.as_bytes(), b"number,id\nbroken", b"\xff", b""] {
        fs::write(&index, wrong).unwrap();
        assert_eq!(found(&trial), truth);
    }
    fs::remove_file(&index).unwrap();
    assert_eq!(found(&trial), truth);
    // as in a window that took it in; and one file that is broken hides no other
    let fresh = trial.empty();
    fresh.done(&["init", "w"]);
    fresh.done(&["archive", "import", trial.at(UNIT).to_str().unwrap()]);
    forged(&trial, "y.zip", "n['unit']='other-000001'");
    fresh.done(&["archive", "import", trial.at("y.zip").to_str().unwrap()]);
    let listed = || {
        let (code, answer) = fresh.json(&["list"]);
        assert_eq!(code, Some(0), "{answer}");
        answer["submissions"].as_array().unwrap().clone()
    };
    assert_eq!(listed().len(), 6);
    fs::write(fresh.at("w/archive/other-000001.index.csv"), lie).unwrap();
    assert!(listed().iter().all(|row| row["name"] == "c.xml" || row["state"] == "accepted"));
    fs::write(fresh.at("w/archive/other-000001.index.csv"), "broken").unwrap();
    fs::remove_file(fresh.at("w/archive/other-000001.zip")).unwrap();
    assert_eq!(listed().len(), 3);
    let said_of = said(&fresh.pencere(&["list"]));
    assert!(said_of.contains("left out") && said_of.contains("other-000001"), "{said_of}");
    let (_, answer) = fresh.json(&["archive", "search"]);
    assert_eq!((answer["found"].as_array().unwrap().len(), answer["unread"].as_array().unwrap().len()), (3, 1));
    fresh.done(&["show", &id(&trial, "a.xml")]);
    // what is not found may lie in what cannot be read
    assert_eq!(fresh.pencere(&["archive", "search", "nothing-of-it"]).status.code(), Some(3));
    assert_eq!(trial.pencere(&["archive", "search", "nothing-of-it"]).status.code(), Some(1));
}

#[test]
fn a_protocol_says_what_was_not_read() {
    let young = Trial::new();
    let none = young.pencere(&["archive", "verify", "-p", "p.txt"]);
    assert!(none.status.code() == Some(1) && said(&none).contains("There is no archive unit"), "{}", said(&none));
    let protocol = fs::read_to_string(young.at("p.txt")).unwrap();
    assert!(protocol.contains("Arxiv vahidi yoxdur") && !protocol.contains("BÜTÖVDÜR"), "{protocol}");
    let trial = archived();
    assert_eq!(trial.pencere(&["archive", "verify", "--sample", "0"]).status.code(), Some(2));
    // two units of one name are two, and of one of them nothing is read
    for folder in ["one", "two"] {
        fs::create_dir(trial.at(folder)).unwrap();
        fs::copy(trial.at(UNIT), trial.at(folder).join("u.zip")).unwrap();
    }
    let sampled = ["archive", "verify", "one/u.zip", "two/u.zip", "--sample", "1", "-p", "p.txt"];
    let (code, answer) = trial.json(&sampled);
    assert_eq!(code, Some(0), "{answer}");
    let units = answer["units"].as_array().unwrap();
    let chosen: Vec<usize> = units.iter().map(|unit| unit["chosen"].as_array().unwrap().len()).collect();
    assert_eq!(chosen.iter().sum::<usize>(), 1, "{answer}");
    let protocol = fs::read_to_string(trial.at("p.txt")).unwrap();
    assert!(protocol.contains("SƏNƏDLƏRİ OXUNMAYIB") && protocol.contains("3 sənəddən 1"), "{protocol}");
    assert!(protocol.contains("Yoxlanılmayıb: 2 sənəd") && protocol.contains("Yoxlanılmayıb: 3 sənəd"), "{protocol}");
    assert!(!protocol.contains("       BÜTÖVDÜR."), "{protocol}");
}

#[test]
fn files_that_cannot_be_written_leave_no_part() {
    let trial = archived();
    let id = id(&trial, "a.xml");
    let pencere = env!("CARGO_BIN_EXE_pencere");
    let line = format!("trap '' XFSZ; ulimit -f 2; exec {pencere} archive get {id} -o got");
    let full = trial.tool("sh", &["-c", &line]).output().unwrap();
    assert_eq!(full.status.code(), Some(3), "{}", said(&full));
    let left = fs::read_dir(trial.at("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name == "got" || name.ends_with(".part")));
    trial.done(&["archive", "get", &id, "-o", "got"]);
    assert_eq!(trial.pencere(&["archive", "get", &id, "-o", "got"]).status.code(), Some(2), "it is there");
    assert_eq!(trial.pencere(&["archive", "get", &id, "-o", "no/got"]).status.code(), Some(2));
}
