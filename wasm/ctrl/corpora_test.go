package ctrl

import (
	"testing"

	"beeline/wasm/testdata"
)

func TestCorpora(t *testing.T) { testdata.Corpora(t) }
