//! The table of findings: one row each, never renamed, never reused.
//!
//! Reasons are ENTSO-E's (code list 92, issue of 13 January 2025). Clauses: `S` the BOEMİS statute
//! (Cabinet decision 348 of 2023), `R` the Rules (decree 263 of 2018), `C 27` the Rules on exchange
//! of electronic documents (Cabinet decision 27 of 2006).

use super::{Language, Severity, Stage};

macro_rules! codes {
    ($($variant:ident $slug:literal $severity:ident $stage:ident $reason:literal $clause:literal
        az $az:literal en $en:literal)+) => {
        /// What can be wrong with a document, each with a fixed slug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)] // the slug and the texts below say it
        pub enum Code { $($variant),+ }

        impl Code {
            /// All of them, in the order of the path.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The fixed slug, `<stage>.<what>`.
            pub fn slug(self) -> &'static str {
                match self { $(Code::$variant => $slug),+ }
            }

            /// Whether it rejects.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),+ }
            }

            /// The room that asks the question.
            pub fn stage(self) -> Stage {
                match self { $(Code::$variant => Stage::$stage),+ }
            }

            /// The ENTSO-E reason code.
            pub fn reason(self) -> &'static str {
                match self { $(Code::$variant => $reason),+ }
            }

            /// The clause it rests on.
            pub fn clause(self) -> &'static str {
                match self { $(Code::$variant => $clause),+ }
            }

            /// The text with its holes `{found}`, `{wanted}`, `{path}`.
            pub fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Code::$variant, Language::Az) => $az, (Code::$variant, Language::En) => $en),+
                }
            }
        }
    };
}

codes! {
    // ---- intake -------------------------------------------------------------------------
    IntakeNotAFile "intake.not-a-file" Error Intake "A94" "S 8.1.4"
        az "«{found}» adi fayl deyil, ona görə toxunulmadan yerində qaldı. Qovluğa yalnız adi fayl qoyun və bunu silin."
        en "“{found}” is not a regular file, so it was left where it is, untouched. Put only regular files into the folder, and remove this."
    IntakeLink "intake.link" Error Intake "A94" "S 8.1.4"
        az "Bu ad başqa fayla keçiddir (link); keçidlər izlənmir və yerində qalır. Faylın özünü qovluğa köçürün."
        en "This name is a link to another file; links are never followed and stay where they are. Copy the file itself into the folder."
    IntakeHardLink "intake.hard-link" Error Intake "A94" "S 8.1.4"
        az "Bu faylın başqa adı da var (sərt keçid), ona görə götürülmədi. Faylın ayrıca surətini qovluğa qoyun."
        en "This file has another name as well (a hard link), so it was not taken. Put a copy of its own into the folder."
    IntakeUnreadable "intake.unreadable" Error Intake "A94" "S 8.1.4"
        az "Fayl oxuna bilmədi ({found}). Faylın oxuma icazələrini yoxlayıb yenidən qoyun."
        en "The file cannot be read ({found}). Check its permissions and put it in again."
    IntakeEmpty "intake.empty" Error Intake "A94" "R 4.9"
        az "Fayl boşdur. Köçürmənin tam bitdiyini yoxlayıb faylı yenidən göndərin."
        en "The file is empty. Check that the copy was complete, and send it again."
    IntakeTooLarge "intake.too-large" Error Intake "A94" "R 4.9"
        az "Fayl çox böyükdür: {found} bayt, icazə verilən ən çoxu {wanted} bayt. Sənədi hissələrə bölün və ya pəncərənin inzibatçısına müraciət edin."
        en "The file is too large: {found} octets where {wanted} are allowed. Split the document, or ask the window's administrator."
    IntakeDocumentMissing "intake.document-missing" Error Intake "B01" "R 4.9"
        az "İmza faylı gəldi, amma onun sənədi «{wanted}» gəlmədi. Sənədi və imza faylını eyni adla birlikdə göndərin."
        en "The signature file came, but its document “{wanted}” did not. Send the document and its signature together, under the same name."

    // ---- signature ----------------------------------------------------------------------
    SignatureMissing "signature.missing" Error Signature "A59" "S 9.1.2"
        az "Sənəddə imza yoxdur. Onu gücləndirilmiş elektron imza ilə imzalayın: XML-in öz içində, başqa fayllar üçün yanında «.p7s» faylı ilə."
        en "The document bears no signature. Sign it with an enhanced electronic signature: inside the XML itself, or with a “.p7s” file beside any other file."
    SignatureDigestDiffers "signature.digest-differs" Error Signature "A59" "R 3.5.2"
        az "Sənəd imzalandıqdan sonra dəyişdirilib: imzadakı özət sənədin özəti ilə üst-üstə düşmür. İmzalanmış faylı olduğu kimi göndərin və ya yenidən imzalayın."
        en "The document was changed after it was signed: the digest in the signature is not that of the document. Send the file just as it was signed, or sign it again."
    SignatureValueWrong "signature.value-wrong" Error Signature "A59" "R 3.5.2"
        az "İmzanın dəyəri sertifikatdakı açara uyğun gəlmir. Sənədi sertifikatınıza aid açarla yenidən imzalayın."
        en "The signature value does not belong to the key in the certificate. Sign the document again with the key of your certificate."
    SignatureTextMode "signature.text-mode" Error Signature "A59" "R 3.5.2"
        az "İmza mətn rejimində hazırlanıb: sətir sonları imzadan əvvəl dəyişdirilib (məsələn, «openssl cms» əmri «-binary» olmadan). Faylın özünü, baytları dəyişmədən imzalayın («-binary» ilə)."
        en "The signature was made in text mode: the line ends were changed before signing (for instance by “openssl cms” without “-binary”). Sign the octets of the file as they are (with “-binary”)."
    SignatureNoSignedAttributes "signature.no-signed-attributes" Error Signature "A59" "R 3.5.2"
        az "CMS imzasında imzalanmış atributlar yoxdur. Onları yazan proqramla imzalayın («openssl cms» üçün «-noattr» işlətməyin)."
        en "The CMS signature has no signed attributes. Sign with a program that writes them (with “openssl cms”, leave “-noattr” out)."
    SignatureFormat "signature.format" Error Signature "A59" "R 3.5.2"
        az "İmzanın quruluşu pozulub: {found}. Sənədi yenidən imzalayın."
        en "The signature is malformed: {found}. Sign the document again."
    SignatureUnsupported "signature.unsupported" Error Signature "A59" "R 4.9"
        az "İmzada bu pəncərənin emal etmədiyi imkan işlədilib: {found}. XAdES (XML içində), ayrıca CMS («.p7s») imzası və ya ASiC konteyneri göndərin."
        en "The signature uses something that this window does not process: {found}. Send a XAdES signature inside the XML, a detached CMS one (“.p7s”), or an ASiC container."
    SignatureContainer "signature.container" Error Signature "A59" "R 3.5.2"
        az "Konteyner (ZIP) qaydaya uyğun deyil: {found}. Onu ASiC konteyneri hazırlayan proqramla yenidən yaradın və əl ilə dəyişməyin."
        en "The container (ZIP) breaks a rule: {found}. Make it again with a program for ASiC containers, and do not change it by hand."
    SignatureContainerLimit "signature.container-limit" Error Signature "A94" "S 8.1.4"
        az "Konteyner həddi aşır: {found}, ən çoxu {wanted} ola bilər. Konteynerə yalnız lazım olan faylları qoyun."
        en "The container is over a limit: {found} where {wanted} are allowed. Put only the files into it that are needed."
    SignatureContainerDocuments "signature.container-documents" Error Signature "A59" "R 4.9"
        az "Konteynerdəki {found} məlumat faylı arasında hesabat ya yoxdur, ya da birdən çoxdur. Konteynerə yalnız bir hesabat (XML və ya CSV) qoyun; başqa fayllar ona əlavə ola bilər."
        en "Among the {found} data files of the container there is no statement, or more than one. Put exactly one statement (XML or CSV) into it; other files can go with it as attachments."
    SignatureDoubledReference "signature.doubled-reference" Error Signature "A59" "R 3.4.2"
        az "İmza konteynerdəki «{found}» faylına iki dəfə istinad edir. Hər fayla bir istinadla yenidən imzalayın."
        en "The signature refers to the file “{found}” of the container twice. Sign again with one reference to each file."
    SignaturePdf "signature.pdf" Error Signature "A59" "R 4.9"
        az "Bu, PDF faylıdır; göstəricilər PDF-dən oxunmur. Məlumatı XML və ya CSV şəklində hazırlayın və onu imzalayın."
        en "This is a PDF file; figures are not read out of a PDF. Prepare the data as XML or CSV and sign that."
    SignatureWeakAlgorithm "signature.weak-algorithm" Error Signature "A59" "R 2.1.4"
        az "İmzanın alqoritmi artıq etibarlı sayılmır: {found}. SHA-256 və ən azı 2048 bitlik RSA və ya P-256 açarı ilə imzalayın."
        en "The algorithm of the signature is no longer trusted: {found}. Sign with SHA-256 and an RSA key of at least 2048 bits or a P-256 key."
    SignatureNotCovering "signature.not-covering" Error Signature "A59" "R 3.5.2"
        az "İmza sənədin hamısını əhatə etmir ({found}). Bütün sənədi imzalayın: ən sadəsi, URI-si boş olan istinadla."
        en "The signature does not cover the whole document ({found}). Sign the whole document: simplest with a reference whose URI is empty."
    SignatureHiddenContent "signature.hidden-content" Error Signature "A59" "R 3.4.2"
        az "İmzanın içində onun örtmədiyi məzmun var ({found}). Sənədi yenidən, yalnız adi imza elementləri ilə imzalayın."
        en "Inside the signature stands content that it does not cover ({found}). Sign the document again, with the usual signature elements alone."
    SignatureReferenceUnresolved "signature.reference-unresolved" Error Signature "A59" "R 3.5.2"
        az "İmzanın istinad etdiyi hissə sənəddə tapılmadı: {found}. Sənədi yenidən imzalayın."
        en "What the signature refers to is not in the document: {found}. Sign the document again."
    SignatureDoubledId "signature.doubled-id" Error Signature "A59" "R 3.4.2"
        az "«{found}» kimliyi (Id) sənəddə iki dəfə işlədilib, istinadın nəyi göstərdiyi bilinmir. Kimliklər təkrarlanmamalıdır."
        en "The Id “{found}” stands twice in the document, so nobody can tell what a reference means. Ids must not repeat."
    SignaturePropertiesUncovered "signature.properties-uncovered" Error Signature "A59" "R 3.5.2"
        az "İmzanın xassələri (SignedProperties) imza ilə qorunmur. XAdES imzasını düzgün qoyan proqramla yenidən imzalayın."
        en "The signed properties are not protected by the signature. Sign again with a program that makes proper XAdES."
    SignaturePlainRefused "signature.plain-refused" Error Signature "A59" "R 2.1.4"
        az "İmza öz sertifikatını imzalamır (sadə XMLDSig və ya signing-certificate atributsuz CMS); bu pəncərə belə imza qəbul etmir. XAdES və ya CAdES imzası qoyun."
        en "The signature does not sign its own certificate (plain XMLDSig, or CMS without the signing-certificate attribute); this window does not take such. Make a XAdES or CAdES signature."
    SignaturePropertyMissing "signature.property-missing" Error Signature "A59" "R 3.5.2"
        az "İmzada bu pəncərənin tələb etdiyi imzalanmış xassə yoxdur: {found}. Onu yazan proqramla yenidən imzalayın; baza səviyyəli XAdES və CAdES imzalarında imzalanma vaxtı həmişə olur."
        en "The signature lacks a signed property that this window demands: {found}. Sign again with a program that writes it; baseline XAdES and CAdES signatures always have the signing time."
    SignaturePolicyUnknown "signature.policy-unknown" Error Signature "A59" "R 4.9"
        az "İmza bu pəncərənin qəbul etdiyi siyasətlər arasında olmayan imza siyasətinə görə qoyulub: {found}. İmza siyasəti göstərmədən (XAdES-B və ya CAdES-B) yenidən imzalayın."
        en "The signature was made by a signature policy that is not among those this window takes: {found}. Sign again without naming a signature policy (XAdES-B or CAdES-B)."
    SignatureStampOnly "signature.time-stamp-only" Error Signature "A59" "S 9.1.2"
        az "Konteynerdə yalnız vaxt möhürü var ({found}), imza isə yoxdur: faylın nə vaxt mövcud olduğu bilinir, onu kimin göndərdiyi isə bilinmir. Sənədi məsul şəxsin gücləndirilmiş elektron imzası ilə imzalayın (ASiC-E, «.p7s» və ya XML-in içində)."
        en "The container bears a time-stamp alone ({found}) and no signature: it says when the file was there, and not whose statement it is. Sign the document with the enhanced electronic signature of the responsible person (ASiC-E, “.p7s”, or inside the XML)."
    SignatureNoCertificate "signature.no-certificate" Error Signature "A59" "S 9.1.2"
        az "İmzada imzalayanın sertifikatı yoxdur, kimin imzaladığı bilinmir. Sertifikatı imzaya əlavə edən parametrlə yenidən imzalayın."
        en "The signer's certificate is not in the signature, so nobody can tell who signed. Sign again with the option that puts the certificate in."
    SignatureCertificateDiffers "signature.certificate-differs" Error Signature "A59" "R 3.5.2"
        az "İmzanın göstərdiyi sertifikat onunla gələn sertifikat deyil. Sənədi yenidən imzalayın."
        en "The certificate that the signature commits to is not the one that came with it. Sign the document again."
    SignatureUntrusted "signature.untrusted" Error Signature "A59" "S 9.1.2"
        az "Sertifikat bu pəncərənin tanıdığı sertifikat xidməti mərkəzindən deyil: {found}. Akkreditə olunmuş mərkəzin sertifikatı ilə imzalayın."
        en "The certificate does not come from a certification centre that this window trusts: {found}. Sign with a certificate of an accredited centre."
    SignatureCertificateExpired "signature.certificate-expired" Error Signature "A59" "C 27"
        az "Sertifikatın müddəti sənəd qəbul olunanda bitmişdi: {found} tarixində. Sertifikatı yeniləyin və sənədi yenidən imzalayın."
        en "The certificate had ended when the document was received: on {found}. Renew the certificate and sign again."
    SignatureCertificateNotYetValid "signature.certificate-not-yet-valid" Error Signature "A59" "C 27"
        az "Sertifikat hələ qüvvədə deyil: {found} tarixindən. Həmin tarixdən sonra göndərin və ya qüvvədə olan sertifikatla imzalayın."
        en "The certificate is not in force yet: from {found}. Send the document after that, or sign with a certificate in force."
    SignatureCertificateRevoked "signature.certificate-revoked" Error Signature "A59" "C 27"
        az "Sertifikat ləğv olunub: {found}. Yeni sertifikat alın və sənədi yenidən imzalayın."
        en "The certificate has been revoked: {found}. Get a new certificate and sign again."
    SignatureRevocationUnknown "signature.revocation-unknown" Error Signature "A59" "C 27"
        az "Sertifikatın ləğv olunub-olunmadığı hələ bilinmir: {found}. Sənəd təhlükəsiz saxlanılır və özü yenidən yoxlanılacaq; heç nə etmək lazım deyil."
        en "Whether the certificate was revoked cannot be told yet: {found}. The document is safe and will be looked at again by itself; nothing needs to be done."
    SignatureStampOrder "signature.time-stamp-order" Error Signature "A59" "S 9.1.2"
        az "Vaxt möhürü özündən sonra qoyulmuş ({found}) vaxt möhürünü əhatə edir; öz vaxtı isə {wanted}: belə ola bilməz. Sənədi yenidən imzalayın."
        en "A time-stamp is over another one that was made later ({found}) than it says of itself ({wanted}), which cannot be. Sign the document again."
    SignatureKeyUsage "signature.key-usage" Error Signature "A59" "S 9.1.2"
        az "Sertifikat sənəd imzalamaq üçün verilməyib ({found}). İmza üçün nəzərdə tutulmuş sertifikatla imzalayın."
        en "The certificate was not issued for signing documents ({found}). Sign with the certificate meant for signatures."
    SignatureTrialPki "signature.trial-pki" Error Signature "A59" "S 5.1.5"
        az "Sertifikat sınaq üçündür; bu pəncərə isə sınaq pəncərəsi deyil. Həqiqi sertifikatınızla imzalayın."
        en "The certificate is one for trials, and this window is not a trial one. Sign with your real certificate."
    SignatureLimit "signature.limit" Error Signature "A94" "S 8.1.4"
        az "İmzada həddindən artıq hissə var: {found}, ən çoxu {wanted} ola bilər. Sənədi sadə imza ilə yenidən imzalayın."
        en "The signature has too many parts: {found} where {wanted} are allowed. Sign again with a simple signature."

    // ---- authority ----------------------------------------------------------------------
    AuthorityUnknownSigner "authority.unknown-signer" Error Authority "A78" "R 3.2"
        az "İmzalayan şəxs bu pəncərənin məsul şəxslər siyahısında yoxdur. Qurumunuzun rəhbəri sizi məsul şəxs kimi qeydiyyata aldırmalıdır."
        en "The signer is not on this window's list of responsible persons. The head of your body must have you registered as one."
    AuthorityCertificateUnconfirmed "authority.certificate-unconfirmed" Error Authority "A78" "R 3.2"
        az "Tanınan məsul şəxs yeni sertifikatla imzalayıb. Sənəd təhlükəsiz saxlanılır; inzibatçı yeni sertifikatı təsdiq etdikdən sonra özü davam edəcək."
        en "A known responsible person signed with a new certificate. The document is safe, and goes on by itself once an administrator has confirmed the new certificate."
    AuthorityNotActive "authority.not-active" Error Authority "A78" "R 3.2"
        az "İmzalayanın səlahiyyəti sənədin qəbul edildiyi gün qüvvədə deyil ({found}). Qurumunuz səlahiyyət müddətini yeniləməlidir."
        en "The signer's entitlement is not in force on the day the document was received ({found}). Your body must have the period renewed."
    AuthoritySuspended "authority.suspended" Error Authority "A05" "S 10.4"
        az "Qurumunuzun məlumat verməsi dayandırılıb. Səbəbi və bərpa qaydası üçün sistemin sahibinə müraciət edin."
        en "Your body's access has been suspended. Ask the owner of the system for the ground and how to have it restored."
    AuthorityOtherParticipant "authority.other-participant" Error Authority "A78" "R 3.2"
        az "İmzalayan şəxs başqa qurumun məsul şəxsidir ({found}), bu qovluq isə «{wanted}» üçündür. Sənədi öz qurumunuzun qovluğuna qoyun."
        en "The signer is a responsible person of another body ({found}), and this folder is that of “{wanted}”. Put the document into your own body's folder."
    AuthorityNoRight "authority.no-right" Error Authority "A78" "R 3.2"
        az "Bu şəxsə «{found}» hüququ verilməyib. Hüququ olan məsul şəxs imzalamalıdır və ya qurum bu hüququ qeydiyyata aldırmalıdır."
        en "This person has not been given the right “{found}”. A responsible person who has it must sign, or the body must have it registered."
    AuthorityNotCompetent "authority.not-competent" Error Authority "A05" "R 3.6"
        az "«{found}» məlumat toplusu qurumunuzun səlahiyyətinə aid deyil. Məlumatı səlahiyyətli qurum verməlidir."
        en "The dataset “{found}” is not within your body's competence. The competent body must file it."
    AuthorityNotYourStation "authority.not-your-station" Error Authority "A78" "R 3.5.4"
        az "«{found}» stansiyası qurumunuzun deyil. Yalnız öz stansiyalarınız üzrə məlumat verin."
        en "The station “{found}” is not one of your body's. File for your own stations only."
    AuthorityOtherWindow "authority.other-window" Error Authority "A53" "C 27"
        az "Sənəd «{found}» pəncərəsinə ünvanlanıb, bu isə «{wanted}» pəncərəsidir. Düzgün ünvan («to») yazıb yenidən imzalayın."
        en "The document is addressed to the window “{found}”, and this is “{wanted}”. Put the right address (“to”) and sign again."
    AuthoritySenderDiffers "authority.sender-differs" Error Authority "A78" "R 4.6"
        az "Sənəddəki göndərənin VÖEN-i {found}, imzalayanın qurumunun VÖEN-i isə {wanted}. «sender» sahəsini düzəldib yenidən imzalayın."
        en "The sender's VÖEN in the document is {found}, and that of the signer's body is {wanted}. Correct “sender” and sign again."
    AuthoritySenderInvalid "authority.sender-invalid" Error Authority "A22" "R 4.6"
        az "«{found}» düzgün VÖEN deyil: on rəqəm olmalı, yoxlama rəqəmi düz gəlməli, sonu 1 olmalıdır. «sender» sahəsini düzəldin."
        en "“{found}” is not a proper VÖEN: ten digits with a right check digit, ending in 1. Correct “sender”."
    AuthorityIdentityMissing "authority.identity-missing" Error Authority "A22" "R 4.6"
        az "Sertifikatda FİN tapılmadı, imzalayanın kim olduğu müəyyən edilmədi. FİN olan sertifikatla imzalayın."
        en "No FİN was found in the certificate, so the signer cannot be identified. Sign with a certificate that bears your FİN."
    AuthorityIdentityDiffers "authority.identity-differs" Error Authority "A22" "R 4.6"
        az "Sertifikatdakı qurumun VÖEN-i {found}, qeydiyyatda isə {wanted}. Bu qurum üçün verilmiş sertifikatla imzalayın."
        en "The body's VÖEN in the certificate is {found}, and in the register {wanted}. Sign with the certificate issued for this body."

    // ---- schema -------------------------------------------------------------------------
    SchemaNotWellformed "schema.not-wellformed" Error Schema "A94" "R 4.9"
        az "Sənəd düzgün XML deyil: {found}. Faylın tam köçürüldüyünü yoxlayın və sənədi yenidən hazırlayın."
        en "The document is not well-formed XML: {found}. Check that the file was copied whole, and prepare it again."
    SchemaForbidden "schema.forbidden" Error Schema "A94" "S 8.1.4"
        az "Sənəddə təhlükəsizlik üçün qadağan olunmuş quruluş var: {found}. DTD və obyekt təyinatları (entity) olmayan sadə XML göndərin."
        en "The document holds a construct that is forbidden for safety: {found}. Send plain XML without a DTD or entities."
    SchemaEncoding "schema.encoding" Error Schema "A94" "R 4.9"
        az "Faylın kodlaşdırması oxunmur: {found}. Faylı UTF-8 kodlaşdırmasında saxlayıb yenidən imzalayın."
        en "The encoding of the file cannot be read: {found}. Save the file as UTF-8 and sign it again."
    SchemaLimit "schema.limit" Error Schema "A94" "S 8.1.4"
        az "Sənəd icazə verilən həddi keçir: {found}, ən çoxu {wanted}. Sənədi sadələşdirin və ya hissələrə bölün."
        en "The document passes a limit: {found} where {wanted} is allowed. Make it simpler, or split it."
    SchemaUnknownDataset "schema.unknown-dataset" Error Schema "A94" "R 3.5.3"
        az "«{found}» adlı məlumat toplusu yoxdur. Mövcud olanlar: {wanted}."
        en "There is no dataset “{found}”. There are: {wanted}."
    SchemaInvalid "schema.invalid" Error Schema "A94" "R 4.9"
        az "{path}: «{found}» gözlənilən formada deyil; olmalıdır: {wanted}."
        en "{path}: “{found}” does not have the form that is wanted: {wanted}."
    SchemaMissing "schema.missing" Error Schema "A69" "R 3.5.1"
        az "{path}: «{wanted}» yoxdur. Onu əlavə edin."
        en "{path}: “{wanted}” is missing. Add it."
    SchemaTooManyFaults "schema.too-many-faults" Error Schema "A94" "S 3.1.1"
        az "Faylda daha çox səhv var; burada ilk {found} göstərilib. Bunları düzəldib yenidən yoxlayın."
        en "There are more faults in the file; the first {found} are shown here. Mend these and check again."

    // ---- rules --------------------------------------------------------------------------
    RuleUnknownStation "rule.unknown-station" Error Rule "A64" "R 3.5.4"
        az "«{found}» kodlu stansiya reyestrdə yoxdur. Kodu yoxlayın."
        en "There is no station “{found}” in the register. Check the code."
    RuleStationDoubled "rule.station-doubled" Error Rule "A55" "R 2.1.2"
        az "«{found}» stansiyası sənəddə iki dəfə yazılıb. Hər stansiya bir dəfə olmalıdır."
        en "The station “{found}” stands twice in the document. Each station may stand once."
    RuleTotalDiffers "rule.total-differs" Error Rule "A54" "S 1.3"
        az "Yekun {found} yazılıb, sətirlərin cəmi isə {wanted}. Yekunu və ya sətirləri düzəldin."
        en "The total says {found}, and the rows sum to {wanted}. Correct the total or the rows."
    RuleExceedsCapacity "rule.exceeds-capacity" Error Rule "A65" "R 3.5.1"
        az "{found} fiziki cəhətdən mümkün deyil: bu stansiya həmin dövrdə ən çoxu {wanted} verə bilər (güc × saat). Rəqəmi və ölçü vahidini yoxlayın."
        en "{found} is physically impossible: this station can give at most {wanted} in that period (capacity × hours). Check the figure and its unit."
    RulePeriodNotEnded "rule.period-not-ended" Error Rule "A04" "S 1.3"
        az "{found} dövrü hələ bitməyib. Sənədi {wanted} tarixindən sonra göndərin."
        en "The period {found} has not ended yet. Send the document from {wanted} on."
    RuleNotInService "rule.not-in-service" Error Rule "A64" "R 3.5.1"
        az "«{found}» stansiyası həmin dövrdə istismarda deyil ({wanted}). Stansiyanı və dövrü yoxlayın."
        en "The station “{found}” is not in service in that period ({wanted}). Check the station and the period."
    RuleRevisionConflict "rule.revision-conflict" Error Rule "A51" "R 3.4.5"
        az "Bu dövr üçün {found} nömrəli redaksiya artıq başqa məzmunla var. Dəyişiklik üçün redaksiyanı {wanted} edin."
        en "Revision {found} for this period stands already with other content. For a change, make it revision {wanted}."
    RuleRevisionStale "rule.revision-stale" Error Rule "A50" "R 3.5.5"
        az "Redaksiya {found} köhnədir: qüvvədə olan redaksiyadan sonra {wanted} və ya yuxarı olmalıdır."
        en "Revision {found} is out of date: after the one that stands it must be {wanted} or higher."
    RuleRevisionJump "rule.revision-jump" Warning Rule "A95" "R 3.4.5"
        az "Redaksiya {found}, gözlənilən isə {wanted} idi. Aralıq redaksiyanın itmədiyini yoxlayın; sənəd qəbul olunur."
        en "The revision is {found} where {wanted} was to be expected. Check that none in between was lost; the document is taken all the same."
    RuleOtherSender "rule.other-sender" Error Rule "A51" "R 1.2.6"
        az "«{found}» stansiyası üzrə bu dövrün məlumatını artıq başqa qurum verib ({wanted}). Məlumatın ilkin mənbəyini həmin qurumla dəqiqləşdirin."
        en "Another body has filed this period for the station “{found}” already ({wanted}). Settle with it whose the primary source is."
    RuleYearDiffers "rule.year-differs" Error Rule "A54" "S 1.3"
        az "İl və onun rübləri (ayları) üst-üstə düşmür ({path}): hissələr {found}, il {wanted}. Səhv olanı düzəldib yeni redaksiya ilə göndərin."
        en "The year and its quarters (months) do not agree ({path}): the parts {found}, the year {wanted}. Correct the wrong one and send it as a new revision."
    RuleStationMissing "rule.station-missing" Warning Rule "B01" "R 3.5.1"
        az "İstismarda olan «{found}» stansiyası sənəddə yoxdur. Unudulubsa, yeni redaksiya göndərin; sənəd qəbul olunur."
        en "The station “{found}”, which is in service, is not in the document. If it was forgotten, send a new revision; the document is taken all the same."
    RuleCapacityDiffers "rule.capacity-differs" Warning Rule "A95" "S 6.1.3"
        az "«{path}» üçün güc {found} MVt yazılıb, reyestrdə isə {wanted} MVt-dır. Hansının düz olduğunu yoxlayın; sənəd qəbul olunur."
        en "The capacity is given as {found} MW where the register has {wanted} MW ({path}). Check which is right; the document is taken all the same."
    RuleKeyDoubled "rule.key-doubled" Error Rule "A55" "R 2.1.2"
        az "«{found}» sənəddə iki dəfə yazılıb ({path}). Hər biri bir dəfə olmalıdır; artıq sətri silin."
        en "“{found}” stands twice in the document ({path}). Each may stand once; remove the row that is too much."
    RuleLate "rule.late" Warning Rule "A57" "S 9.1.4"
        az "Məlumat gecikib: {found} tarixində qəbul olunub, son tarix isə {wanted} idi. Növbəti dövrü vaxtında göndərin; sənəd qəbul olunur."
        en "The statement is late: it was received on {found} and was due by {wanted}. File the next period in time; the document is taken all the same."
    RuleOutputHigh "rule.output-high" Warning Rule "A65" "R 3.5.1"
        az "Bu stansiya üçün hasilat qeyri-adi yüksəkdir ({path}): gücdən istifadə əmsalı {found}, adətən {wanted}. Rəqəmi, ölçü vahidini və dövrü yoxlayın; sənəd qəbul olunur."
        en "The output is unusually high for this station ({path}): its capacity factor is {found}, usually {wanted}. Check the figure, its unit and the period; the document is taken all the same."
    RuleOutputZero "rule.output-zero" Warning Rule "A95" "R 3.5.1"
        az "«{found}» stansiyası bütün dövr ərzində istismarda olub, göstərici isə sıfırdır ({path}). Rəqəm unudulubsa, yeni redaksiya göndərin; sənəd qəbul olunur."
        en "The station “{found}” was in service throughout the period, and its figure is zero ({path}). If the figure was forgotten, send a new revision; the document is taken all the same."
    RuleChangedMuch "rule.changed-much" Warning Rule "A95" "R 3.5.1"
        az "Göstərici bir il əvvəlkindən çox fərqlənir ({path}): {found}, bir il əvvəl {wanted}. Hər ikisini yoxlayın, səhv olanı yeni redaksiya ilə düzəldin; sənəd qəbul olunur."
        en "The figure is far from that of a year ago ({path}): {found}, a year ago {wanted}. Check both, and correct the wrong one by a new revision; the document is taken all the same."
    RuleRatioUnusual "rule.ratio-unusual" Warning Rule "A42" "R 3.5.1"
        az "Göstərici başqa məlumat toplusundakı göstəriciyə qeyri-adi nisbətdədir ({path}): {found}, adətən {wanted}. Hər ikisini və ölçü vahidlərini yoxlayın; sənəd qəbul olunur."
        en "The figure stands in an unusual proportion to that of another dataset ({path}): {found}, usually {wanted}. Check both and their units; the document is taken all the same."
    RuleRatioImpossible "rule.ratio-impossible" Error Rule "A42" "R 3.5.1"
        az "Göstəricinin başqa məlumat toplusundakı göstəriciyə nisbəti mümkün deyil ({path}): {found}, ola bilən {wanted}. Ölçü vahidlərini yoxlayın və səhv olan göstəricini düzəldin."
        en "The proportion of the figure to that of another dataset is impossible ({path}): {found} where {wanted} can be. Check the units, and correct the figure that is wrong."
    RuleWithoutGround "rule.without-ground" Error Rule "A42" "S 4.2.3"
        az "Əsası olmayan göstərici ({path}): {found}, əsaslandığı göstərici isə sıfırdır ({wanted}). Səhv olanı düzəldin: ya bu sənədi, ya da əvvəlcə həmin məlumatın yeni redaksiyasını göndərin."
        en "A figure without its ground ({path}): {found}, while the figure on which it rests is zero ({wanted}). Correct the wrong one: this document, or first that statement by a new revision."
    RuleGroundNotStated "rule.ground-not-stated" Warning Rule "B08" "S 4.2.3"
        az "Göstəricinin əsaslandığı məlumat hələ verilməyib: {found}; ona görə tutuşdurulmadı ({path}). Həmin məlumatı göndərin; sənəd qəbul olunur."
        en "What the figure rests on has not been stated yet: {found}; so the two were not compared ({path}). File that statement too; the document is taken all the same."
    RuleDependentDiffers "rule.dependent-differs" Warning Rule "A42" "R 3.5.1"
        az "Bu göstərici ({path}, {found}) ona əsaslanan və əvvəl verilmiş göstəriciyə uyğun gəlmir: {wanted}. Hansının səhv olduğunu yoxlayıb onu yeni redaksiya ilə düzəldin; sənəd qəbul olunur."
        en "This figure ({path}, {found}) does not fit one that rests on it and was given before: {wanted}. Check which is wrong and correct it by a new revision; the document is taken all the same."
    RuleMoreWarnings "rule.more-warnings" Warning Rule "A95" "R 3.4.1"
        az "Daha {found} xəbərdarlıq var, burada göstərilməyib. Göstərilənləri yoxladıqdan sonra sənədi yenidən yoxlaya bilərsiniz."
        en "There are {found} more warnings that are not shown here. Once those shown are settled, check the document again to see them."

    // ---- load ---------------------------------------------------------------------------
    LoadDatabaseAway "load.database-away" Error Load "B18" "S 8.1.12"
        az "Məlumat bazası müvəqqəti əlçatan deyil. Sənəd təhlükəsiz saxlanılır və özü yüklənəcək; heç nə etmək lazım deyil."
        en "The database is away for the moment. The document is safe and will be loaded by itself; nothing needs to be done."
    LoadWaitsForEarlier "load.waits-for-earlier" Error Load "A95" "R 3.5.5"
        az "Eyni dövr üzrə əvvəl göndərilmiş sənəd ({found}) hələ gözləyir, ona görə bu da gözləyir. Heç nə etmək lazım deyil."
        en "An earlier document for the same period ({found}) still waits, so this one waits behind it. Nothing needs to be done."

    LoadNotJudged "load.not-judged" Error Load "B18" "S 8.1.12"
        az "Pəncərə öz xətası üzündən sənədi yoxlaya bilmədi. Sənəd təhlükəsiz saxlanılır, xəta düzəldildikdən sonra yenidən yoxlanılacaq; heç nə etmək lazım deyil."
        en "The window could not judge the document, by a fault of its own. The document is safe and will be judged again once that is mended; nothing needs to be done."

    // ---- receipts (of `receipt verify`, never in a receipt) --------------------------------
    ReceiptNotTheSeal "receipt.not-the-seal" Error Receipt "A59" "R 3.15"
        az "Qəbz bu pəncərənin möhürü ilə imzalanmayıb. Ona etibar etməyin; pəncərənin dərc olunmuş möhür sertifikatı ilə yoxlayın."
        en "The receipt was not signed by this window's seal. Do not rely on it; check it against the window's published seal certificate."
    ReceiptAltered "receipt.altered" Error Receipt "A59" "R 3.15"
        az "Qəbz möhürləndikdən sonra dəyişdirilib: {found}. Ona etibar etməyin."
        en "The receipt was changed after it was sealed: {found}. Do not rely on it."
    ReceiptNotAReceipt "receipt.not-a-receipt" Error Receipt "A94" "R 3.15"
        az "Bu fayl pəncərənin qəbzi deyil: {found}. «….receipt.xml» faylını verin."
        en "This file is not a receipt of a window: {found}. Give the “….receipt.xml” file."
    ReceiptOtherDocument "receipt.other-document" Error Receipt "A51" "R 3.15"
        az "Qəbz başqa sənəd haqqındadır: qəbzdə {wanted}, faylda {found}."
        en "The receipt speaks of another document: it says {wanted}, and the file has {found}."
    ReceiptNotInLog "receipt.not-in-log" Error Receipt "A59" "R 3.15"
        az "Qəbzin şəffaflıq jurnalındakı yeri sübut olunmur ({found}). Qəbzi saxlayın və pəncərənin sahibinə bildirin."
        en "The receipt's place in the transparency log is not proven ({found}). Keep the receipt, and tell the window's owner."
    ReceiptLogForked "receipt.log-forked" Error Receipt "A59" "R 3.15"
        az "Eyni jurnalın bir-birinə zidd iki halı var: {found} və {wanted}. Jurnal sonradan dəyişdirilib; hər ikisini saxlayın və pəncərənin sahibinə bildirin."
        en "There are two states of one log that contradict each other: {found} and {wanted}. The log was rewritten; keep both, and tell the window's owner."
}
