//! The page that goes along with a container of evidence: what lies in it, and how to check it without pencere.
//!
//! Owns the words and the commands. The commands name the files of this very container, so that they run as they stand
//! whatever lies in it.

use crate::commands::explain::judged::{Came, Explained};
use crate::commands::explain::past::Past;
use crate::signature::{Integrity, SignatureReport};

/// What a page speaks of.
pub(super) struct Readme {
    id: String,
    file: String,
    /// Whether the journal's lines stand behind the chain before them.
    is_chained: bool,
    pub(super) originals: Vec<Original>,
    pub(super) signed: Signed,
    pub(super) receipts: Vec<Receipt>,
}

/// A file as it was dropped.
pub(super) struct Original {
    /// Its name in the container.
    pub(super) name: String,
    /// Its own.
    pub(super) dropped: String,
}

/// A receipt, by its name in the container.
pub(super) struct Receipt {
    pub(super) name: String,
    /// The certificate that it is sealed with.
    pub(super) seal: String,
    pub(super) log: Log,
}

/// By which certificate a receipt's place in the transparency log is proven.
#[derive(PartialEq)]
pub(super) enum Log {
    /// It is from before there was a log.
    None,
    /// The one of this name.
    By(String),
    /// One that is not at hand.
    Unknown,
}

/// How the document's signature is checked.
pub(super) enum Signed {
    /// As the tool at hand pleases: a container, several signatures, or one that does not hold.
    Otherwise,
    /// Detached CMS, in the form that openssl calls so.
    Cms(&'static str),
    /// One signature in XML, by the path of its signer.
    Xml(String),
    /// The signature of the mail that it came in, in the form that openssl calls so.
    Mail(&'static str),
}

impl Signed {
    /// By the first octets of the document and of its detached signature, and whether that is of the mail.
    pub(super) fn of(document: &[u8], detached: Option<(&[u8], bool)>, all: &[Explained]) -> Self {
        let reports = all.iter().filter_map(|one| match &one.came {
            Came::Repeated { again, .. } => again.matter.report.as_ref(),
            Came::Doubted(_) | Came::NotJudged(_) => None,
        });
        let Some([only]) = reports.map(|report| &report.signatures[..]).next() else { return Self::Otherwise };
        let signer = match only {
            SignatureReport { integrity: Integrity::Intact, signer: Some(who), .. } => who.certificate_sha256,
            _ => return Self::Otherwise,
        };
        match detached {
            Some(([0x30, ..], true)) => Self::Mail("DER"),
            Some((_, true)) => Self::Mail("SMIME"),
            Some(([0x30, ..], false)) => Self::Cms("DER"),
            Some((pem, false)) if pem.starts_with(b"-----BEGIN ") => Self::Cms("PEM"),
            Some((_, false)) => Self::Cms("SMIME"),
            None if document.starts_with(b"<") => Self::Xml(format!("signers/{signer}.pem")),
            None => Self::Otherwise,
        }
    }
}

impl Readme {
    /// On this submission; what lies in the container is still to be told.
    pub(super) fn of(past: &Past) -> Self {
        let (id, file, is_chained) = (past.id.to_string(), past.name.clone(), past.exported.is_none());
        Self { id, file, is_chained, originals: Vec::new(), signed: Signed::Otherwise, receipts: Vec::new() }
    }

    /// The page, in Azerbaijani and in English.
    pub(super) fn text(&self) -> String {
        let Self { id, file, .. } = self;
        let (az, en) = (self.renamed("adı belə idi"), self.renamed("was named"));
        let head = format!("SÜBUT QOVLUĞU\nTəqdimat {id}\nFayl {file}\n\n{AZ}{az}");
        let english = format!("EVIDENCE\nSubmission {id}\nFile {file}\n\n{EN}{en}");
        format!("{head}\n{english}\n{}", self.commands())
    }

    /// What lies here under another name than it was dropped under.
    fn renamed(&self, words: &str) -> String {
        let of = |one: &Original| {
            let has_own = one.name.strip_prefix("original/") == Some(&one.dropped);
            (!has_own).then(|| format!("{} {words}: {}\n", one.name, one.dropped))
        };
        self.originals.iter().filter_map(of).collect()
    }

    /// Commands, the same in both languages.
    fn commands(&self) -> String {
        let mut text = CONTAINER.to_owned();
        text.push_str(RECEIPTS);
        for Receipt { name, seal, .. } in &self.receipts {
            text.push_str(&format!(
                "openssl x509 -in {seal} -noout -subject -fingerprint -sha256\n\
                 xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem {seal} \\\n  \
                 --id-attr:Id {PROPERTIES} {name}\n"
            ));
            if let Some(document) = self.originals.first() {
                let document = quoted(&document.name);
                text.push_str(&format!("grep -c \"sha256=\\\"$(sha256sum < {document} | cut -c1-64)\\\"\" {name}\n"));
            }
        }
        text.push_str(&self.places());
        text.push_str(&self.signature());
        if self.is_chained {
            text.push_str(JOURNAL);
        }
        text
    }

    /// How a receipt's place in the transparency log is proven.
    fn places(&self) -> String {
        let mut text = String::new();
        for Receipt { name, log, .. } in &self.receipts {
            match log {
                Log::None => {
                    let az = "şəffaflıq jurnalı yaradılmazdan əvvəl verilib";
                    text.push_str(&format!("\n# {name}: {az} / is from before there was a log\n"))
                }
                Log::Unknown => text.push_str(&format!(
                    "\n# {name}: şəffaflıq jurnalının açarının sertifikatı burada yoxdur, pəncərənin sahibi verir /\n\
                     # {name}: the certificate of the log's key is not here; the window's owner gives it\n"
                )),
                Log::By(certificate) => text.push_str(&format!(
                    "python3 place.py {name} && openssl x509 -in {certificate} -noout -pubkey > log.pub &&\n  \
                     openssl pkeyutl -verify -pubin -inkey log.pub -rawin -in checkpoint.text -sigfile checkpoint.sig\n"
                )),
            }
        }
        match self.receipts.iter().any(|receipt| matches!(receipt.log, Log::By(_))) {
            true => format!("{PLACE}{text}"),
            false => text,
        }
    }

    /// The document's own signature.
    fn signature(&self) -> String {
        let mut names = self.originals.iter().map(|original| quoted(&original.name));
        let command = match (&self.signed, names.next(), names.next()) {
            (Signed::Cms(form), Some(document), Some(signature)) => format!(
                "openssl cms -verify -binary -inform {form} -in {signature} \\\n  \
                 -content {document} -noverify -out /dev/null\n"
            ),
            (Signed::Xml(signer), Some(document), None) => format!(
                "xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem {signer} \\\n  \
                 --id-attr:Id {PROPERTIES} {document}\n"
            ),
            (Signed::Mail(form), Some(document), Some(mail)) => format!(
                "openssl cms -verify {binary}-inform {form} -in {mail} -noverify -out signed-part.eml\n\
                 {INSIDE} signed-part.eml {document}\n",
                // of parts the lines are those of a text (RFC 8551 3.1.1)
                binary = if *form == "DER" { "-binary " } else { "" }
            ),
            _ => String::new(),
        };
        format!("{SIGNATURE}{command}")
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

const AZ: &str = "\
Bu konteyner ASiC-E formatındadır (ETSI EN 319 162-1).
  original/       sənəd və ayrıca imzası, daxil olduğu kimi, baytı-baytına
  receipts/       pəncərənin möhürlədiyi cavablar
  log.crt         şəffaflıq jurnalı açarının sertifikatı: cavabın jurnaldakı yeri onunla yoxlanılır
  signers/        imzalayanın sertifikatından etibar mərkəzinə qədər yol
  clocks/         vaxt möhürü vuranın sertifikatından etibar mərkəzinə qədər yol
  grounds/        qərarların əsasları, hərəsi öz qovluğunda: siyahısı (grounds.json), hər faylının buradakı
                  yeri və ya burada olmamasının səbəbi (contents.txt)
  grounds/files/  həmin fayllar, hərəsi bir dəfə: siyasət, etibar, ləğv siyahıları, stansiyalar, məlumat
                  dəstləri, möhürün sertifikatı; reyestrdən yalnız imzalayanlara aid hissə. Adları SHA-256
                  özətinin əvvəli ilə başlayır; öz adında boşluq və ya ASCII-dən kənar hərf olan fayl
                  yalnız özəti ilə adlanır, öz adı contents.txt faylındadır
  judgement/      hər qərarın dosyesi və qərarın sübutdan təkrarı, addım-addım
  journal/        jurnalın bu təqdimata aid sətirləri; bu pəncərənin öz jurnalındandırsa,
                  hər birindən əvvəl zəncirin dəyəri
  SHA256SUMS      bütün bu faylların özətləri
Burada olmayan: başqalarına aid fayllar (pencere.toml, reyestr və oradakı sertifikatlar), buradakı heç bir
yolda olmayan etibar mərkəzləri və onlar barədə heç nə deməyən ləğv məlumatı. Hər birinin özəti
grounds.json, səbəbi contents.txt faylındadır; özlərini pəncərə saxlayır.
Nəyi nə sübut edir: cavabın möhürü pəncərənin nə dediyini; sənədin imzası onu kimin imzaladığını;
konteynerin imzası isə onun hazırlanandan sonra dəyişmədiyini sübut edir. Sertifikatı «one-time key»
adlanırsa, o imza heç kimin kimliyini sübut etmir. Vaxt möhürləri imzaların içindədir.
Yoxlamaq üçün əmrlər aşağıdadır; hər biri 0 ilə bitməlidir.
";

const EN: &str = "\
This container is ASiC-E (ETSI EN 319 162-1).
  original/       the document and its detached signature as they were dropped, octet for octet
  receipts/       the answers that the window sealed
  log.crt         the certificate of the transparency log's key: by it a receipt's place in the log is proven
  signers/        the path from the signer's certificate to the anchor
  clocks/         the path from the certificate of who stamped the time to the anchor
  grounds/        what each verdict was judged by, in a folder of its own: the list (grounds.json), where each
                  file of it lies here or why it does not (contents.txt)
  grounds/files/  those files, each once: policy, trust, revocation lists, stations, datasets, the seal's
                  certificate; of the registry only what concerns the signers. Their names begin with the
                  first digits of their SHA-256; a file whose own name has a space or letters beyond ASCII
                  is named by its digest alone, and contents.txt has its own name
  judgement/      the dossier of each verdict, and the judgement repeated from evidence, step by step
  journal/        the journal's lines on this submission; of this window's own, each behind the value of the
                  chain before it
  SHA256SUMS      the digests of all these files
Not here: files that concern others (pencere.toml, the registry and the certificates in it), anchors that stand
on no path here, and revocation data that says nothing of these. Of each grounds.json has the digest, and
contents.txt the reason; the window keeps them.
What proves what: the seal on a receipt, what the window said; the signature of the document, who
signed it; the signature of this container, that it was not changed since it was made. Where the
name in its certificate is \"one-time key\" that signature proves nobody's identity. Time-stamps lie
inside the signatures. Commands that check it stand below; each ends with 0.
";

/// How XAdES names what a signature refers to.
const PROPERTIES: &str = "'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'";

const CONTAINER: &str = "
unzip -q -d bundle FILE.asice && cd bundle

# the container: the signature over its manifest, by whom, the digest of SHA256SUMS in it, and all others by that
openssl cms -verify -binary -inform DER -in META-INF/signature.p7s \\
  -content META-INF/ASiCManifest.xml -noverify -signer container.pem -out /dev/null
openssl x509 -in container.pem -noout -subject -fingerprint -sha256
grep 'URI=\"SHA256SUMS\"' META-INF/ASiCManifest.xml | grep -F \"$(openssl dgst -sha256 -binary SHA256SUMS | base64)\"
sha256sum --check --quiet SHA256SUMS
";

const RECEIPTS: &str = "
# each receipt: its seal, and that it has the document's digest. The certificate that counts is the one which the
# window's owner publishes: compare the fingerprint
";

const PLACE: &str = "
# each receipt's place in the transparency log (RFC 6962): what it says is a leaf under the checkpoint, and the
# checkpoint is signed with the log's key, whose certificate the owner publishes, too
openssl x509 -in log.crt -noout -subject -fingerprint -sha256
cat > place.py <<'END'
import base64, hashlib, json, sys, xml.etree.ElementTree as tree
octets = open(sys.argv[1], 'rb').read()
log = tree.fromstring(octets).find('{*}Log')
entry, (text, signatures) = log.find('{*}Entry'), log.find('{*}Checkpoint').text.split('\\n\\n')
said = octets[octets.index(b'</Issued>') + len(b'</Issued>'):octets.index(b'<Log>')]
if json.loads(entry.text)['said'] != hashlib.sha256(said).hexdigest():
    sys.exit('the leaf is of another content')
def root(place, hashes, size):
    if size == 1:
        return hashlib.sha256(b'\\0' + entry.text.encode()).digest()
    half = 1 << (size - 1).bit_length() - 1
    if place < half:
        return hashlib.sha256(b'\\1' + root(place, hashes[:-1], half) + hashes[-1]).digest()
    return hashlib.sha256(b'\\1' + hashes[-1] + root(place - half, hashes[:-1], size - half)).digest()
hashes = [base64.b64decode(one) for one in (log.findtext('{*}Inclusion') or '').split()]
size, wanted = text.split('\\n')[1:3]
if base64.b64encode(root(int(entry.get('index')), hashes, int(size))).decode() != wanted:
    sys.exit('the leaf is not in the log')
open('checkpoint.text', 'w').write(text + '\\n')
open('checkpoint.sig', 'wb').write(base64.b64decode(signatures.split()[-1])[4:])
END
";

const SIGNATURE: &str = "
# the document: its signature, by whatever tool you trust for XAdES or CAdES; whether the certificate may be believed,
# its path in signers/ and the revocation data in grounds/files/ tell
";

/// Whether the document stands in the part of a mail that is signed.
const INSIDE: &str = "\
python3 -c \"import email, sys
part, document = (open(name, 'rb').read() for name in sys.argv[1:])
inside = [one.get_payload(decode=True) for one in email.message_from_bytes(part).walk()]
sys.exit(document not in inside)\"";

const JOURNAL: &str = "
# the journal's lines: SHA-256 of the chain before (32 octets) and the JSON is the line's own chain
(while read -r word before; do
  read -r sum place chain json
  own=$( (printf %s \"$before\" | xxd -r -p; printf %s \"$json\") | sha256sum | cut -c1-64)
  [ \"$word $own\" = \"before $chain\" ] || { echo \"does not fit: $json\"; exit 1; }
done < journal/lines.txt)
";
