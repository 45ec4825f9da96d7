//! The page that goes along with a container of evidence: what lies in it, and how to check it without pencere.

use crate::commands::explain::past::Past;

/// The page, in Azerbaijani and in English.
pub(super) fn text(past: &Past) -> String {
    let (id, name) = (past.id, &past.name);
    format!(
        "SÜBUT QOVLUĞU\nTəqdimat {id}\nFayl {name}\n\n{AZ}\n\nEVIDENCE\nSubmission {id}\nFile {name}\n\n{EN}\n{HOW}"
    )
}

const AZ: &str = "\
Bu konteyner ASiC-E formatındadır (ETSI EN 319 162-1).
  original/     sənəd və ayrıca imzası, daxil olduğu kimi, baytı-baytına
  receipts/     pəncərənin möhürlədiyi cavablar
  signers/      imzalayanın sertifikatından etibar mərkəzinə qədər yol
  grounds/      qərarın əsasları: siyasət, etibar, ləğv siyahıları, stansiyalar, məlumat dəstləri;
                reyestrdən yalnız imzalayanlara aid hissə və bütün faylın özəti
  judgement/    hər qərarın dosyesi və qərarın sübutdan təkrarı, addım-addım
  journal/      jurnalın bu təqdimata aid sətirləri, hər birindən əvvəl zəncirin dəyəri
Nəyi nə sübut edir: cavabın möhürü pəncərənin nə dediyini; sənədin imzası onu kimin imzaladığını;
konteynerin imzası isə onun hazırlanandan sonra dəyişmədiyini sübut edir. Sertifikatı «one-time key»
adlanırsa, o imza heç kimin kimliyini sübut etmir. Vaxt möhürləri imzaların içindədir.
Yoxlamaq üçün əmrlər aşağıdadır.";

const EN: &str = "\
This container is ASiC-E (ETSI EN 319 162-1).
  original/     the document and its detached signature as they were dropped, octet for octet
  receipts/     the answers that the window sealed
  signers/      the path from the signer's certificate to the anchor
  grounds/      what was judged by: policy, trust, revocation lists, stations, datasets; of the
                registry only what concerns the signers, with the digest of the whole file
  judgement/    the dossier of each verdict, and the judgement repeated from evidence, step by step
  journal/      the journal's lines on this submission, each behind the value of the chain before it
What proves what: the seal on a receipt, what the window said; the signature of the document, who
signed it; the signature of this container, that it was not changed since it was made. Where the
name in its certificate is \"one-time key\" that signature proves nobody's identity. Time-stamps lie
inside the signatures. A digest that grounds.json names and that has no file here is of a file that
concerns others; the window keeps it.
";

/// Commands, the same in both languages.
const HOW: &str = "
unzip -d bundle FILE.asice && cd bundle

# the container: every digest of META-INF/ASiCManifest.xml, and the signature over it
openssl cms -verify -binary -inform DER -in META-INF/signature.p7s \\
  -content META-INF/ASiCManifest.xml -noverify -signer container.pem -out /dev/null
openssl x509 -in container.pem -noout -subject -fingerprint -sha256
openssl dgst -sha256 -binary README.txt | base64      # as its DigestValue says; likewise the others

# a receipt: by the window's published seal certificate, which the window's owner gives you
xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem grounds/*/seal.crt \\
  --id-attr:Id 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties' receipts/1.receipt.xml
sha256sum original/*                                  # as Document/@sha256 in the receipt says

# the document: its signature, by whatever tool you trust for XAdES or CAdES; detached CMS:
openssl cms -verify -binary -inform DER -in original/*.p7s -content original/DOCUMENT -noverify -out /dev/null

# a line of the journal: SHA-256 of the chain before it (32 octets) and its JSON is its own chain
(printf %s BEFORE | xxd -r -p; printf %s 'JSON') | sha256sum
";
