package words

import (
	"testing"

	"beeline/wasm/testdata"
)

func TestCorpora(t *testing.T) { testdata.Corpora(t) }
