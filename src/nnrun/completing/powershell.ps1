# Tab completion of nnrun for PowerShell.
#
# In this shell:    nnrun completion powershell | Out-String | Invoke-Expression
# In every shell:   Add-Content $PROFILE 'nnrun completion powershell | Out-String | Invoke-Expression'

Register-ArgumentCompleter -Native -CommandName @('nnrun', 'nnrun.exe') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words up to the cursor as text, so that nothing in them is evaluated.
    $words = @()
    $current = ''
    foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
        $extent = $element.Extent
        if ($extent.StartOffset -ge $cursorPosition) { break }
        $text = $extent.Text
        if ($extent.EndOffset -lt $cursorPosition) {
            $words += $text.Trim('"', "'")
        } else {
            $current = $text.Substring(0, $cursorPosition - $extent.StartOffset).Trim('"', "'")
        }
    }

    # Windows PowerShell drops empty arguments and breaks quotes: the words go by the environment.
    $lastStatus = $global:LASTEXITCODE
    $env:NNRUN_COMPLETION_WORDS = (@($words) + $current) -join "`n"
    try {
        $answer = @(& nnrun completion --answer powershell 2>$null)
    } finally {
        Remove-Item Env:NNRUN_COMPLETION_WORDS -ErrorAction SilentlyContinue
        $global:LASTEXITCODE = $lastStatus
    }
    if ($answer.Count -eq 0) { return }

    # PowerShell replaces $wordToComplete, which may be the end of the word alone.
    $typed = "$wordToComplete".Trim('"', "'")
    $kept = 0
    if ($current.EndsWith($typed)) { $kept = $current.Length - $typed.Length }
    foreach ($line in @($answer | Select-Object -Skip 1)) {
        $text, $description = $line -split "`t", 2
        if (-not $description) { $description = $text }
        [System.Management.Automation.CompletionResult]::new($text.Substring($kept), $text, 'ParameterValue', $description)
    }

    # The path begins behind what stands after the tab: --csv=data/...
    $paths, $head = $answer[0] -split "`t", 2
    if ($paths -eq 'none') { return }
    $rest = "$head".Substring([Math]::Min($kept, "$head".Length))
    foreach ($found in [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed.Substring($rest.Length))) {
        if ($paths -eq 'files' -or $found.ResultType -eq 'ProviderContainer') {
            [System.Management.Automation.CompletionResult]::new($rest + $found.CompletionText, $found.ListItemText, $found.ResultType, $found.ToolTip)
        }
    }
}
