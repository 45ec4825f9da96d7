"""XML signatures by signxml, for tests: `sign PKI FOLDER` and `verify PKI FOLDER FILE...`.

`sign` signs FOLDER/document.xml in several ways and prints the names of what it wrote; `verify` prints
one verdict a line.
"""

import sys
from pathlib import Path

from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLSigner
from signxml.verifier import XMLVerifier
from signxml.xades import XAdESSigner

mode, pki, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
INCLUSIVE = CanonicalizationMethod.CANONICAL_XML_1_0
ELEVEN = CanonicalizationMethod.CANONICAL_XML_1_1


def read(name):
    return (pki / name).read_text()


if mode == "sign":
    for name, person, signer, method, digest, form in [
        ("exclusive", "azerisiq", XMLSigner, "ECDSA_SHA256", "SHA256", EXCLUSIVE),
        ("inclusive", "azerisiq", XMLSigner, "ECDSA_SHA256", "SHA256", INCLUSIVE),
        ("eleven", "azerisiq", XMLSigner, "ECDSA_SHA256", "SHA256", ELEVEN),
        ("rsa", "azerenerji-rsa", XMLSigner, "RSA_SHA256", "SHA512", EXCLUSIVE),
        ("pss", "azerenerji-rsa", XMLSigner, "SHA256_RSA_MGF1", "SHA256", EXCLUSIVE),
        # with the exclusive form its own verifier refuses what it signs
        ("xades", "azerisiq", XAdESSigner, "ECDSA_SHA256", "SHA256", INCLUSIVE),
        ("xades-rsa", "azerenerji-rsa", XAdESSigner, "RSA_SHA256", "SHA256", ELEVEN),
    ]:
        document = etree.parse(str(folder / "document.xml")).getroot()
        made = signer(
            signature_algorithm=SignatureMethod[method], digest_algorithm=DigestAlgorithm[digest], c14n_algorithm=form
        )
        signed = made.sign(document, key=read(person + ".key"), cert=read(person + ".crt"))
        file = folder / f"signxml-{name}.xml"
        file.write_bytes(etree.tostring(signed, encoding="utf-8"))
        print(file.name)
else:
    for file in sys.argv[4:]:
        try:
            config = SignatureConfiguration(expect_references=2)
            XMLVerifier().verify(Path(file).read_bytes(), ca_pem_file=str(pki / "ca.crt"), expect_config=config)
            print("valid")
        except Exception as refused:
            print("refused", type(refused).__name__, str(refused).replace("\n", " ")[:200])
